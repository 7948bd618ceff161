// Whoever is logged out at Latchkey is logged out of their applications, which are told so (OpenID Connect Back-Channel Logout).

import type { Page } from "@playwright/test";
import { startApache } from "./apache.ts";
import { agree, env, test } from "./clients.ts";
import { expect } from "./fixtures.ts";
import { enterAndLogIn, signedUp } from "./people.ts";
import { administratorToken, forceLogoutByApi, logIn } from "./programs.ts";
import type { Server } from "./server.ts";

const EXPRESS = `
import express from "express";
import oidc from "express-openid-connect";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, APP_URL } = process.env;
const kept = new Map();
const store = {
  get: (id, done) => done(null, kept.get(id)),
  set: (id, value, done) => { kept.set(id, value); done(null); },
  destroy: (id, done) => { kept.delete(id); done(null); },
};
const app = express();
app.use(oidc.auth({
  issuerBaseURL: ISSUER, baseURL: APP_URL, clientID: CLIENT_ID, clientSecret: CLIENT_SECRET, secret: "a long text of a test, 32 characters",
  clientAuthMethod: "client_secret_basic", authRequired: false, idpLogout: true,
  authorizationParams: { response_type: "code", scope: "openid" }, backchannelLogout: { store },
}));
app.get("/", (request, response) => {
  response.type("text").send(request.oidc.isAuthenticated() ? "Hello " + request.oidc.user.sub : "No one is logged in");
});
app.listen(new URL(APP_URL).port, "127.0.0.1");
`;

// A server of its own: an application that asks for RS256 adds a signing key, and other tests count those.
test.use({ serverEnv: { LATCHKEY_INSTANCE: "back-channel" } });

test("express-openid-connect, which expects RS256, hears of a force logout", async ({ page, server, appUrl, registered, examples }) => {
  const app = await registered({
    kind: "web", scopes: "openid", redirects: `${appUrl}/callback`, logouts: appUrl, backchannel: `${appUrl}/backchannel-logout`,
    id_token_alg: "RS256",
  });
  await examples.start(["node", await examples.put("express.mjs", EXPRESS)], env(server, app, { APP_URL: appUrl }), appUrl);
  const bob = await signedUp(page, "Bob");
  const { id } = await logIn(server, bob);

  await page.goto(`${appUrl}/login`);
  await agree(page);
  await expect(page.getByText(`Hello ${id}`)).toBeVisible();
  await forceLogoutByApi(server, await administratorToken(server), id);
  await told(async () => {
    await page.goto(appUrl);
    return page.getByText("No one is logged in").isVisible();
  });

  // And lets them in again: what it was told was about that session.
  await page.goto(`${appUrl}/login`);
  await agree(page, bob);
  await expect(page.getByText(`Hello ${id}`)).toBeVisible();
});

test("Apache hears of a force logout, and of a logout of the user's own", async ({ page, server, appUrl, registered, examples, anotherBrowser }) => {
  const back = `${appUrl}/members/back`;
  const app = await registered({ kind: "web", scopes: "openid profile email", redirects: back, backchannel: `${back}?logout=backchannel` });
  await startApache(examples, server, app, appUrl, "Members only");
  const bob = await signedUp(page, "Bob");
  // Another browser of the same person keeps what it has.
  const other = await (await anotherBrowser()).newPage();
  await other.goto(`${appUrl}/members/`);
  await enterAndLogIn(other, bob);
  await agree(other);
  await expect(other.getByText("Members only")).toBeVisible();

  await page.goto(`${appUrl}/members/`);
  await expect(page.getByText("Members only")).toBeVisible();
  await page.goto("/dashboard");
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page).toHaveURL("/");
  await told(() => isOut(page, server, appUrl));
  await other.goto(`${appUrl}/members/`);
  await expect(other.getByText("Members only")).toBeVisible();

  const { id } = await logIn(server, bob);
  await forceLogoutByApi(server, await administratorToken(server), id);
  await told(() => isOut(other, server, appUrl));
});

async function isOut(page: Page, server: Server, appUrl: string): Promise<boolean> {
  await page.goto(`${appUrl}/members/`);
  return new URL(page.url()).origin === server.url;
}

/** It is told soon, not at once. */
async function told(isOut: () => Promise<boolean>): Promise<void> {
  await expect.poll(isOut, { intervals: [200] }).toBe(true);
}
