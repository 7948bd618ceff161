// Clients for Node that others wrote: openid-client, which is certified, and oauth4webapi below it; the example of the document.

import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";
import { type Application, agree, confirmLogout, env, sentBack, test } from "./clients.ts";
import { expect } from "./fixtures.ts";
import { enterAndLogIn, signedUp } from "./people.ts";
import { administratorToken, forceLogoutByApi, logIn } from "./programs.ts";
import type { Server } from "./server.ts";

const ALL = "openid profile email offline_access account:read notes:read";

// A minute: the example renews its token each time.
test.use({ serverEnv: { LATCHKEY_TOKEN_LIFETIME_SECONDS: "60" } });

test("the example for Node logs a user in, reads their notes, renews its token and logs them out", async ({ page, server, appUrl, registered, examples, allowConsole }) => {
  allowConsole(/status of 400/);
  const redirects = `${appUrl}/callback`;
  const app = await registered({ kind: "web", scopes: "openid profile email offline_access notes:read", redirects, logouts: `${appUrl}/` });
  await examples.start(["node", await examples.write("app.mjs")], env(server, app, { APP_URL: appUrl }), appUrl);
  const bob = await signedUp(page, "Bob");
  await page.context().clearCookies();

  await page.goto(appUrl);
  await expect(page.getByText("No one is logged in")).toBeVisible();
  await page.goto(`${appUrl}/login`);
  await enterAndLogIn(page, bob);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByText("You are not logged in: access_denied")).toBeVisible();
  await page.goto(`${appUrl}/login`);
  await agree(page);
  await expect(page.getByText(`Hello ${bob.name}, ${bob.email}`)).toBeVisible();
  for (let time = 0; time < 3; time += 1) {
    await page.goto(`${appUrl}/notes`);
    await expect(page.getByText('"notes":[]')).toBeVisible();
  }

  await page.goto(`${appUrl}/logout`);
  await confirmLogout(page);
  await expect(page.getByText("No one is logged in")).toBeVisible();
  await page.goto("/dashboard");
  await expect(page).toHaveURL(/\/login/);

  // Agreed once, and for good.
  await page.goto(`${appUrl}/login`);
  await enterAndLogIn(page, bob);
  await expect(page.getByText(`Hello ${bob.name}`)).toBeVisible();
  const { id } = await logIn(server, bob);
  await forceLogoutByApi(server, await administratorToken(server), id);
  await page.goto(`${appUrl}/notes`);
  await expect(page.getByText("You are not logged in: invalid_grant")).toBeVisible();
  await page.goto(appUrl);
  await expect(page.getByText("No one is logged in")).toBeVisible();
});

test("openid-client logs a user in, verifies who it is, renews, asks and revokes", async ({ page, server, appUrl, registered }) => {
  const back = `${appUrl}/callback`;
  const app = await registered({ kind: "web", scopes: ALL, redirects: back });
  const bob = await signedUp(page, "Bob");
  const config = await discovered(server, app);
  const [pkceCodeVerifier, expectedState, expectedNonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()];
  const to = oidc.buildAuthorizationUrl(config, {
    redirect_uri: back,
    scope: ALL,
    state: expectedState,
    nonce: expectedNonce,
    max_age: "3600",
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
  });
  const came = await sentBack(page, to.href, back);

  const checks = { pkceCodeVerifier, expectedState, expectedNonce, maxAge: 3600, idTokenExpected: true };
  const tokens = await oidc.authorizationCodeGrant(config, came, checks);
  const claims = tokens.claims();
  expect(claims).toMatchObject({ iss: server.url, aud: app.id });
  expect(tokens.scope?.split(" ").sort()).toEqual(ALL.split(" ").sort());
  const user = await oidc.fetchUserInfo(config, tokens.access_token, claims?.sub ?? "");
  expect(user).toMatchObject({ name: bob.name, email: bob.email, email_verified: false });
  const me = () => oidc.fetchProtectedResource(config, renewed.access_token, new URL("/api/v1/me", server.url), "GET");

  const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? "");
  expect(renewed.refresh_token).not.toBe(tokens.refresh_token);
  expect(renewed.claims()?.sub).toBe(claims?.sub);
  expect((await me()).status).toBe(200);
  const narrower = await oidc.refreshTokenGrant(config, renewed.refresh_token ?? "", { scope: "openid" });
  expect(narrower.scope).toBe("openid");

  for (const token of [renewed.access_token, narrower.refresh_token ?? ""]) {
    const asked = await oidc.tokenIntrospection(config, token);
    expect(asked).toMatchObject({ active: true, client_id: app.id, sub: claims?.sub });
  }
  await oidc.tokenRevocation(config, narrower.refresh_token ?? "");
  expect(await oidc.tokenIntrospection(config, renewed.access_token)).toEqual({ active: false });
  await expect(me()).rejects.toMatchObject({ name: "WWWAuthenticateChallengeError", status: 401 });
  await expect(oidc.refreshTokenGrant(config, narrower.refresh_token ?? "")).rejects.toMatchObject({ error: "invalid_grant" });
  await expect(oidc.authorizationCodeGrant(config, came, checks)).rejects.toMatchObject({ error: "invalid_grant" });
});

test("openid-client shows its secret in the header or in the body, and a wrong one gets nothing", async ({ server, registered }) => {
  const app = await registered({ kind: "service", scopes: "invoices:read" });
  for (const way of [oidc.ClientSecretBasic, oidc.ClientSecretPost]) {
    const config = await discovered(server, app, way(app.secret));
    const tokens = await oidc.clientCredentialsGrant(config, { scope: "invoices:read", resource: "https://api.example.com" });
    expect(tokens).toMatchObject({ token_type: "bearer", scope: "invoices:read", expires_in: 60 });
    const wrong = await discovered(server, app, way("lks_wrong"));
    await expect(oidc.clientCredentialsGrant(wrong)).rejects.toMatchObject({ cause: expect.anything() });
  }
});

test("openid-client shows who an application is with a key of its own", async ({ server, registered, request }) => {
  for (const [algorithm, kind] of [["ES256", "ES256"], ["Ed25519", "EdDSA"], ["RS256", "RS256"]] as const) {
    const app = await registered({ kind: "service", scopes: "invoices:read" });
    const { privateKey, publicKey } = await oauth.generateKeyPair(algorithm);
    const public_key = JSON.stringify(await crypto.subtle.exportKey("jwk", publicKey));
    const form = { id: app.id, public_key, page: `/account/apps/${app.id}` };
    const added = await request.post("/actions/add_app_key", { form, headers: { accept: "text/html" } });
    expect(await added.text()).toContain(`Public key, ${kind}`);
    const config = await discovered(server, app, oidc.PrivateKeyJwt(privateKey));
    const tokens = await oidc.clientCredentialsGrant(config, { scope: "invoices:read" });
    expect(tokens).toMatchObject({ token_type: "bearer", scope: "invoices:read" });
    expect(await oidc.tokenIntrospection(config, tokens.access_token)).toMatchObject({ active: true, client_id: app.id });
    const another = await oauth.generateKeyPair(algorithm);
    const wrong = await discovered(server, app, oidc.PrivateKeyJwt(another.privateKey));
    await expect(oidc.clientCredentialsGrant(wrong)).rejects.toMatchObject({ cause: expect.anything() });
  }
});

test("oauth4webapi takes an answer of this server alone, by the name that comes with it", async ({ page, server, appUrl, registered }) => {
  const back = `${appUrl}/callback`;
  const app = await registered({ kind: "web", scopes: "openid", redirects: back });
  await signedUp(page, "Bob");
  const insecure = { [oauth.allowInsecureRequests]: true };
  for (const algorithm of ["oidc", "oauth2"] as const) {
    const found = await oauth.discoveryRequest(new URL(server.url), { algorithm, ...insecure });
    await oauth.processDiscoveryResponse(new URL(server.url), found);
  }
  const issuer = new URL(server.url);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure }));
  const client = { client_id: app.id };
  const verifier = oauth.generateRandomCodeVerifier();
  const query = new URLSearchParams({
    client_id: app.id,
    redirect_uri: back,
    response_type: "code",
    scope: "openid",
    state: "a state",
    nonce: "a nonce",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const came = await sentBack(page, `${as.authorization_endpoint}?${query}`, back);

  const validate = (change: (params: URLSearchParams) => void) => {
    const changed = new URL(came);
    change(changed.searchParams);
    return oauth.validateAuthResponse(as, client, changed, "a state");
  };
  expect(() => validate((params) => params.set("iss", "https://another.example"))).toThrow(/"iss"/);
  expect(() => validate((params) => params.delete("iss"))).toThrow(/"iss"/);
  expect(() => validate((params) => params.set("state", "another"))).toThrow(/"state"/);
  const params = validate(() => {});

  const shown = oauth.ClientSecretPost(app.secret);
  const answer = await oauth.authorizationCodeGrantRequest(as, client, shown, params, back, verifier, { ...insecure });
  const checks = { expectedNonce: "a nonce", requireIdToken: true };
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, checks);
  expect(tokens.refresh_token).toBeUndefined();
  await oauth.validateApplicationLevelSignature(as, answer, { ...insecure });
  const sub = oauth.getValidatedIdTokenClaims(tokens)?.sub ?? "";
  const info = await oauth.userInfoRequest(as, client, tokens.access_token, { ...insecure });
  expect(await oauth.processUserInfoResponse(as, client, sub, info)).toEqual({ sub });

  // As a resource server reads it (RFC 9068).
  const call = new Request("https://api.example.com", { headers: { authorization: `Bearer ${tokens.access_token}` } });
  const verified = await oauth.validateJwtAccessToken(as, call, `${server.url}/api/v1`, { ...insecure });
  expect(verified).toMatchObject({ sub, client_id: app.id, scope: "openid" });
});

test("who is logged out somewhere has no more of an application that goes with the session", async ({ page, server, appUrl, registered }) => {
  const back = `${appUrl}/callback`;
  const app = await registered({ kind: "web", scopes: "openid account:read", redirects: back });
  await signedUp(page, "Bob");
  const config = await discovered(server, app);
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const code_challenge = await oidc.calculatePKCECodeChallenge(pkceCodeVerifier);
  const asked = { redirect_uri: back, scope: "openid account:read", code_challenge, code_challenge_method: "S256" };
  const came = await sentBack(page, oidc.buildAuthorizationUrl(config, asked).href, back);
  const tokens = await oidc.authorizationCodeGrant(config, came, { pkceCodeVerifier });
  const sub = tokens.claims()?.sub ?? "";
  expect((await oidc.fetchUserInfo(config, tokens.access_token, sub)).sub).toBe(sub);

  await forceLogoutByApi(server, await administratorToken(server), sub);
  await expect(oidc.fetchUserInfo(config, tokens.access_token, sub)).rejects.toMatchObject({ status: 401 });
  expect(await oidc.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false });
});

async function discovered(server: Server, { id, secret }: Application, way?: oidc.ClientAuth): Promise<oidc.Configuration> {
  return oidc.discovery(new URL(server.url), id, secret, way, { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] });
}
