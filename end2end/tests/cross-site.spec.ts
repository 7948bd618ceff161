// Forms and scripts of other origins, in a real browser: of another site, which gets no SameSite cookie sent, and of
// another origin of the same site, which does.

import { once } from "node:events";
import { createServer } from "node:http";
import type { Page } from "@playwright/test";
import { expect, test as base } from "./fixtures.ts";
import { SESSION, cookie, hydrated, logOut, open, signedUp } from "./people.ts";

type Attacker = { port: number; html: string };

/** A web server of somebody else; it shows `html`. */
const test = base.extend<{ attacker: Attacker }>({
  attacker: async ({ allowOrigin, allowConsole }, use) => {
    const attacker = { port: 0, html: "" };
    const server = createServer((request, response) => {
      response.setHeader("content-type", "text/html");
      response.end(request.url === "/" ? attacker.html : "");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    attacker.port = typeof address === "object" ? (address?.port ?? 0) : 0;
    for (const host of HOSTS) allowOrigin(`http://${host}:${attacker.port}`);
    allowConsole(/403/);
    await use(attacker);
    server.closeAllConnections();
    server.close();
  },
});

const HOSTS = ["127.0.0.1", "localhost"];

for (const host of HOSTS) {
  const origin = host === "localhost" ? "another origin of the same site" : "another site";

  test(`a form of ${origin} logs nobody in`, async ({ page, server, attacker, anotherBrowser }) => {
    const mallory = await (await anotherBrowser()).newPage();
    const { email, password } = await signedUp(mallory, "Mallory");
    const fields = { email, password, next: "" };

    // An anonymous victim does not become Mallory.
    expect(await postedFrom(page, attacker, host, `${server.url}/actions/log_in`, fields)).toBe(403);
    await open(page, `${server.url}/dashboard`);
    await expect(page).toHaveURL(`${server.url}/login?next=%2Fdashboard`);

    // One who is logged in stays who they are.
    const victim = await signedUp(page, "Victor");
    const before = await cookie(page.context(), SESSION);
    expect(await postedFrom(page, attacker, host, `${server.url}/actions/log_in`, fields)).toBe(403);
    expect(await cookie(page.context(), SESSION)).toBe(before);
    await open(page, `${server.url}/dashboard`);
    await expect(page.getByRole("main")).toContainText(victim.email);

    // The form itself is right: from our own origin it logs in.
    expect(await postedFromUs(page, `${server.url}/actions/log_in`, fields)).toBe(200);
    await open(page, `${server.url}/dashboard`);
    await expect(page.getByRole("main")).toContainText(email);
  });

  test(`a form of ${origin} logs nobody out`, async ({ page, server, attacker }) => {
    const victim = await signedUp(page, "Vera");
    expect(await postedFrom(page, attacker, host, `${server.url}/actions/log_out`, {})).toBe(403);
    await open(page, `${server.url}/dashboard`);
    await expect(page.getByRole("main")).toContainText(victim.email);
    await logOut(page);
    await open(page, `${server.url}/dashboard`);
    await expect(page).toHaveURL(/\/login/);
  });

  test(`a script of ${origin} reads the published keys`, async ({ page, server, attacker }) => {
    await page.goto(`http://${host}:${attacker.port}/`);
    const read = async (url: string) => (await (await fetch(url)).json()).keys.length;
    expect(await page.evaluate(read, `${server.url}/.well-known/jwks.json`)).toBe(1);
  });

  test(`a script of ${origin} neither reads nor writes through the API`, async ({
    page,
    server,
    attacker,
    allowConsole,
  }) => {
    // What the browser says about CORS, and the API about a token that did not come along.
    allowConsole(/CORS|ERR_FAILED|NotSameOrigin|401/);
    await signedUp(page, "Viola");
    await open(page, "/dashboard");
    attacker.html = "<title>harmless</title>";
    await page.goto(`http://${host}:${attacker.port}/`);
    const outcome = await page.evaluate(async (url) => {
      const attempt = (path: string, init: RequestInit) =>
        fetch(url + path, { credentials: "include", ...init }).then(
          (response) => `${response.type} ${response.status}`,
          () => "refused by the browser",
        );
      const note = JSON.stringify({ title: "planted", body: "", pinned: false });
      return [
        await attempt("/api/v1/notes", {}),
        await attempt("/api/v1/notes", { method: "POST", body: note, headers: { "content-type": "application/json" } }),
        await attempt("/api/v1/notes", { method: "POST", body: note, mode: "no-cors" }),
        await attempt("/api/v1/token", { method: "POST", mode: "no-cors" }),
        await attempt("/dashboard", { mode: "no-cors" }),
      ];
    }, server.url);
    for (const answer of outcome) expect(answer).toMatch(/^(refused by the browser|opaque 0)$/);
    const notes = await page.request.get(`${server.url}/api/v1/notes`);
    expect(await notes.json()).toMatchObject({ notes: [] });
  });
}

test("a page of ours cannot be framed", async ({ page, server, attacker, allowConsole }) => {
  allowConsole(/frame-ancestors|Framing/);
  attacker.html = `<iframe src="${server.url}/login"></iframe>`;
  await page.goto(`http://127.0.0.1:${attacker.port}/`);
  await expect(page.frameLocator("iframe").getByLabel("Email")).toHaveCount(0);
});

test("a link from another site finds the person logged in", async ({ page, server, attacker }) => {
  const person = await signedUp(page, "Wanda");
  attacker.html = `<a href="${server.url}/dashboard">to the dashboard</a>`;
  await page.goto(`http://127.0.0.1:${attacker.port}/`);
  await page.getByRole("link").click();
  await expect(page).toHaveURL(`${server.url}/dashboard`);
  await hydrated(page);
  await expect(page.getByRole("main")).toContainText(person.email);
});

/** The status that a form of the attacker's page gets, which sends itself. */
async function postedFrom(
  page: Page,
  attacker: Attacker,
  host: string,
  action: string,
  fields: Record<string, string>,
): Promise<number> {
  const inputs = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
  const script = "<script>document.forms[0].submit()</script>";
  attacker.html = `<form method="post" action="${action}">${inputs.join("")}</form>${script}`;
  const answer = page.waitForResponse((response) => response.url() === action);
  await page.goto(`http://${host}:${attacker.port}/`, { waitUntil: "commit" });
  const status = (await answer).status();
  await page.waitForURL(action);
  return status;
}

/** The same form as a script of our own page would send it. */
async function postedFromUs(page: Page, action: string, fields: Record<string, string>): Promise<number> {
  return page.evaluate(
    async ([action, fields]) => (await fetch(action, { method: "POST", body: new URLSearchParams(fields) })).status,
    [action, fields] as const,
  );
}
