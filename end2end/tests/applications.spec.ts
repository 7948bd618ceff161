// Another application logs a user in here: the way there and back, in a browser, with JavaScript and without.

import { createHash } from "node:crypto";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { administrator, enterAndLogIn, loggedIn, open as openPage, signedUp } from "./people.ts";
import type { Server } from "./server.ts";

const APP = "https://app.example";
const VERIFIER = "a-verifier-of-at-least-43-characters-as-it-should-be";
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");

withAndWithoutJavaScript(({ open, scripted }) => {
  for (const mode of ["query", "form_post"]) {
    test(`a user logs in, agrees and is back, by ${mode}`, async ({ page, server, allowOrigin, anotherBrowser }) => {
      allowOrigin(APP);
      const came = appAnswers(page);
      const person = await signedUp(page, "Bob");
      await page.context().clearCookies();
      const registrar = await (await anotherBrowser()).newPage();
      const { id, secret } = await register(registrar, server);

      await page.goto(authorize(server, id, mode));
      await enterAndLogIn(page, person);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Allow Ledger access to your account?");
      await expect(page.getByRole("listitem").filter({ hasText: "Read your notes" })).toBeVisible();
      await page.getByRole("button", { name: "Allow access" }).click();
      if (mode === "form_post" && !scripted) await page.getByRole("button", { name: "Continue to Ledger" }).click();
      await expect(page).toHaveURL(/^https:\/\/app\.example\/cb/);
      const answer = await came;
      expect(Object.fromEntries(answer)).toMatchObject({ state: "a state", iss: server.url });
      expect([...answer.keys()]).not.toContain("error");

      const redeemed = await redeem(server, { id, secret, code: answer.get("code") ?? "" });
      const call = (token: string) => fetch(`${server.url}/api/v1/notes`, { headers: { authorization: `Bearer ${token}` } });
      expect((await call(redeemed.access_token)).status).toBe(200);

      await open(page, `${server.url}/account/connected`);
      await page.getByRole("button", { name: "Disconnect Ledger" }).click();
      await expect(page.getByText("Application disconnected.")).toBeVisible();
      expect((await call(redeemed.access_token)).status).toBe(401);
    });
  }

  test("a user who cancels is back, too, and nothing is allowed", async ({ page, server, allowOrigin, anotherBrowser }) => {
    allowOrigin(APP);
    const came = appAnswers(page);
    await signedUp(page, "Bob");
    const { id } = await register(await (await anotherBrowser()).newPage(), server);
    await page.goto(authorize(server, id, "query"));
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page).toHaveURL(/^https:\/\/app\.example\/cb/);
    expect((await came).get("error")).toBe("access_denied");
  });
});

test("one tab leads to the applications of a user, and from there to those they registered, where they may", async ({
  page,
  server,
  anotherBrowser,
}) => {
  await signedUp(page, "Bob");
  await openPage(page, "/account/profile");
  const tabs = page.getByRole("navigation", { name: "Account" });
  await tabs.getByRole("link", { name: "Applications" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Connected applications");
  await expect(page.getByRole("heading", { name: "Your applications" })).toBeHidden();

  const registrar = await (await anotherBrowser()).newPage();
  await loggedIn(registrar, await administrator(server));
  await openPage(registrar, "/account/connected");
  await registrar.getByRole("main").getByRole("link", { name: "Your applications" }).click();
  await expect(registrar.getByRole("heading", { level: 1 })).toHaveText("Your applications");
  await expect(registrar.getByRole("navigation", { name: "Account" }).locator("[aria-current]")).toHaveText("Applications");
});

test("what is wrong with one form of an application stands in that form", async ({ page, server, allowConsole }) => {
  allowConsole(/status of 422/);
  const owner = await administrator(server);
  const add = ["clients", "add", "--owner", owner.email, "--name", "Ledger", "--kind", "web", "--redirect", `${APP}/cb`, "--json"];
  const { id } = JSON.parse((await server.cli(add)).stdout) as { id: string };
  await loggedIn(page, owner);
  await openPage(page, `/account/apps/${id}`);
  const keys = page.getByRole("region", { name: "Secrets and keys" });
  const change = page.getByRole("region", { name: "Change application" });
  await change.getByLabel("Name").fill("Latchkey");
  await change.getByLabel("Redirect addresses").fill("http://app.example/#x");
  await change.getByRole("button", { name: "Change application" }).click();
  await expect(change).toContainText("There are 2 problems");
  await expect(keys).not.toContainText("problem");
  await keys.getByLabel("Public key").fill("nonsense");
  await keys.getByRole("button", { name: "Add public key" }).click();
  await expect(keys).toContainText("Paste a public key, as PEM or JWK");
  await expect(keys.getByLabel("Public key")).toBeFocused();
});

test("the command line registers an application, replaces its secret, and disables it", async ({ server }) => {
  const owner = await administrator(server);
  const run = async <T>(...args: string[]) => JSON.parse((await server.cli(["clients", ...args, "--json"])).stdout) as T;
  const { id, secret } = await run<{ id: string; secret: string }>(
    ...["add", "--owner", owner.email, "--name", "Reports", "--kind", "service", "--scope", "reports:write"],
  );
  expect(await status(server, id, secret)).toBe(200);

  const second = await run<{ secret: string }>("rotate", id);
  expect([await status(server, id, secret), await status(server, id, second.secret)], "both work").toEqual([200, 200]);
  expect((await server.cli(["clients", "rotate", id], { code: 1 })).stderr).toContain("has two secrets");
  expect((await server.cli(["clients", "rotate", id, "--finish"])).stdout).toContain(`Removed the secret ${secret.slice(0, 10)}…`);
  expect([await status(server, id, secret), await status(server, id, second.secret)]).toEqual([401, 200]);
  expect((await server.cli(["clients", "rotate", id, "--finish"], { code: 1 })).stderr).toContain("has no second secret");

  expect((await server.cli(["clients", "change", id, "--scope", "reports:write reports:read"])).stdout).toBe("Changed Reports.\n");
  expect(await run("change", id, "--scope", "reports:write")).toEqual({ id, tokens_revoked: true });
  expect((await server.cli(["clients", "change", id, "--scope", "openid"], { code: 2 })).stderr).toContain("--scope: openid: Remove it. A service logs no one in.");
  expect((await server.cli(["clients", "change", "latchkey-cli", "--name", "X"], { code: 1 })).stderr).toContain("isn't registered here");

  expect((await server.cli(["clients", "disable", id])).stdout).toBe("Disabled Reports. Running servers reject its tokens within a second.\n");
  expect(await status(server, id, second.secret)).toBe(401);
  expect((await server.cli(["clients", "disable", id])).stdout).toBe("Reports was disabled already.\n");
  const { clients } = await run<{ clients: { id: string; state: string }[] }>("list", "--owner", owner.email);
  expect(clients.find((client) => client.id === id)).toMatchObject({ name: "Reports", kind: "service", state: "disabled", scopes: "reports:write", calls: [0, 0, 0, 0, 0, 0, 0] });
  expect((await server.cli(["clients", "list"])).stdout).toMatch(new RegExp(`${id} +service +disabled`));
  expect((await server.cli(["doctor"])).stdout).toMatch(/applications.*registered/);
  await server.cli(["clients", "enable", id]);
  expect(await status(server, id, second.secret)).toBe(200);
});

test("the command line says what is wrong with an application", async ({ server }) => {
  const owner = await administrator(server);
  const add = (...args: string[]) => ["clients", "add", "--owner", owner.email, "--name", "Ledger", ...args];
  expect((await server.cli(["clients", "disable", "unknown"], { code: 1 })).stderr).toContain("there is no application unknown");
  expect((await server.cli(add("--kind", "web"), { code: 2 })).stderr).toMatch(/^latchkey: --redirect: Enter .*address/);
  expect((await server.cli(add("--kind", "web", "--redirect", "http://app.example/cb"), { code: 2 })).stderr).toContain("--redirect: http://app.example/cb: Use https.");
  await server.cli(add("--kind", "phone"), { code: 2 });
  const keys = async () => (await server.cli(["keys", "list", "--json"])).stdout;
  const before = await keys();
  const refused = add("--kind", "web", "--redirect", "http://app.example/cb", "--id-token-alg", "RS256");
  expect((await server.cli(refused, { code: 2 })).stderr).toContain("Use https.");
  expect(await keys(), "what is refused makes no key").toBe(before);
  const { stdout } = await server.cli(add("--kind", "spa", "--redirect", "https://app.example/cb"));
  expect(stdout, "no secret").toMatch(/^client_id: [0-9a-f-]{36}\n$/);
});

/** What a service gets that asks for a token for itself. */
async function status(server: Server, id: string, secret: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;
  const body = new URLSearchParams({ grant_type: "client_credentials" });
  const response = await fetch(`${server.url}/oauth/token`, { method: "POST", body, headers: { authorization } });
  return response.status;
}

/** What the application is sent, in the address or in a form. */
function appAnswers(page: Page): Promise<URLSearchParams> {
  return new Promise((resolve) => {
    void page.route(`${APP}/**`, async (route) => {
      const request = route.request();
      resolve(new URLSearchParams(request.postData() ?? new URL(request.url()).search));
      await route.fulfill({ contentType: "text/html", body: "<title>Ledger</title>Logged in" });
    });
  });
}

function authorize(server: Server, id: string, mode: string): string {
  const query = new URLSearchParams({
    client_id: id,
    redirect_uri: `${APP}/cb`,
    response_type: "code",
    response_mode: mode,
    scope: "openid notes:read",
    state: "a state",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
  });
  return `${server.url}/oauth/authorize?${query}`;
}

/** Through the form, as an administrator. */
async function register(page: Page, server: Server): Promise<{ id: string; secret: string }> {
  await loggedIn(page, await administrator(server));
  await page.goto(`${server.url}/account/apps/new`);
  await page.getByLabel("Name").fill("Ledger");
  await page.getByLabel("Kind").selectOption("web");
  await page.getByLabel("Redirect addresses").fill(`${APP}/cb`);
  await page.getByLabel("Scopes").fill("openid notes:read");
  await page.getByRole("button", { name: "Register application" }).click();
  const shown = page.getByRole("region", { name: "the secret of the application" });
  const secret = (await shown.textContent()) ?? "";
  expect(secret).toMatch(/^lks_/);
  return { id: new URL(page.url()).pathname.split("/").at(-1) ?? "", secret };
}

async function redeem(server: Server, { id, secret, code }: { id: string; secret: string; code: string }): Promise<{ access_token: string }> {
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    redirect_uri: `${APP}/cb`,
    code_verifier: VERIFIER,
    client_id: id,
    client_secret: secret,
  });
  const response = await fetch(`${server.url}/oauth/token`, { method: "POST", body });
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as { access_token: string };
}
