// A client in the page that others wrote: oidc-client-ts, as the document uses it, in a static page of another origin.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { agree, confirmLogout, test } from "./clients.ts";
import { expect } from "./fixtures.ts";
import { signedUp } from "./people.ts";
import { administratorToken, forceLogoutByApi } from "./programs.ts";

const PACKAGES = join(import.meta.dirname, "../node_modules");
const PAGE = `<!doctype html><html lang="en"><title>Ledger</title><link rel="icon" href="data:,">
<script type="importmap">{"imports": {"oidc-client-ts": "/oidc-client-ts/dist/esm/oidc-client-ts.js", "jwt-decode": "/jwt-decode/build/esm/index.js"}}</script>
<p id="who"></p><button id="login">Log in</button> <button id="renew">Renew</button> <button id="logout">Log out</button>
<script type="module" src="/page.js"></script></html>`;

test("a page alone logs a user in, renews their token and notices a force logout", async ({ page, server, appUrl, registered, examples, allowConsole }) => {
  // What a refused renewal looks like in the console, of the browser and of the library.
  allowConsole(/status of 400|refresh token is unknown|invalid_grant/i);
  const app = await registered({ kind: "spa", scopes: "openid profile email", redirects: `${appUrl}/`, logouts: `${appUrl}/` });
  const script = await examples.write("page.js", { "https://accounts.example.com": server.url, "CLIENT-ID": app.id });
  const pages = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", appUrl);
    const type = pathname === "/" ? "text/html" : "text/javascript";
    const file = pathname === "/page.js" ? script : join(PACKAGES, pathname);
    const text = pathname === "/" ? Promise.resolve(PAGE) : readFile(file, "utf8");
    text.then((body) => response.setHeader("content-type", type).end(body), () => response.writeHead(404).end());
  }).listen(Number(new URL(appUrl).port), "127.0.0.1");
  const bob = await signedUp(page, "Bob");
  const hello = page.getByText(`Hello ${bob.name}, ${bob.email}`);
  const nobody = page.getByText("No one is logged in.");
  const button = (name: string) => page.getByRole("button", { name });

  await page.goto(appUrl);
  await expect(nobody).toBeVisible();
  await button("Log in").click();
  await agree(page);
  await expect(hello).toBeVisible();
  await expect(page).toHaveURL(`${appUrl}/`);
  const first = await stored(page);
  await button("Renew").click();
  await expect.poll(async () => (await stored(page)).access_token).not.toBe(first.access_token);
  expect((await stored(page)).refresh_token).not.toBe(first.refresh_token);
  await expect(hello).toBeVisible();

  // The API is for pages of its own alone: the browser keeps the answer to itself.
  const ask = (path: string) =>
    page.evaluate(
      async ([url, token]) => {
        const headers = { authorization: `Bearer ${token}` };
        return fetch(url ?? "", { headers }).then((answer) => answer.status, () => "refused by the browser");
      },
      [server.url + path, first.access_token],
    );
  expect(await ask("/oauth/userinfo")).toBe(200);
  allowConsole(/CORS policy|ERR_FAILED|status of 40[13]/);
  expect(await ask("/api/v1/me")).toBe("refused by the browser");

  await button("Log out").click();
  await confirmLogout(page);
  await expect(nobody).toBeVisible();
  expect(await ask("/oauth/userinfo")).not.toBe(200);

  const eve = await signedUp(page, "Eve");
  await page.goto(appUrl);
  await button("Log in").click();
  await agree(page);
  await expect(page.getByText(`Hello ${eve.name}`)).toBeVisible();
  await forceLogoutByApi(server, await administratorToken(server), (await stored(page)).profile.sub);
  await button("Renew").click();
  await expect(nobody).toBeVisible();
  pages.close();
});

type Stored = { access_token: string; refresh_token: string; profile: { sub: string } };

/** What the library keeps in the tab. */
function stored(page: Page): Promise<Stored> {
  return page.evaluate(() => {
    const key = Object.keys(sessionStorage).find((name) => name.startsWith("oidc.user:"));
    return JSON.parse(sessionStorage.getItem(key ?? "") ?? "null");
  }) as Promise<Stored>;
}
