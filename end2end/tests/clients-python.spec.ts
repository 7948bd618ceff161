// Clients for Python that others wrote: Authlib, as the document uses it and by hand, requests-oauthlib, PyJWT.

import { agree, confirmLogout, env, python, sentBack, test } from "./clients.ts";
import { expect } from "./fixtures.ts";
import { enterAndLogIn, signedUp } from "./people.ts";

/** Two libraries, one way: print the address, read the address of the way back, show who that is and what the renewed token can. */
const ISSUER_URL = `import json, os, sys
ISSUER, ID, SECRET, BACK = (os.environ[name] for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "BACK"))
SCOPES = "openid email offline_access account:read"
`;
const AUTHLIB = `${ISSUER_URL}
from authlib.integrations.requests_client import OAuth2Session
client = OAuth2Session(ID, SECRET, scope=SCOPES, redirect_uri=BACK, code_challenge_method="S256")
found = client.get(ISSUER + "/.well-known/openid-configuration", withhold_token=True).json()
verifier = "a-verifier-of-at-least-43-characters-as-it-should-be"
url, state = client.create_authorization_url(found["authorization_endpoint"], code_verifier=verifier)
print(url, flush=True)
token_url = found["token_endpoint"]
client.fetch_token(token_url, authorization_response=sys.stdin.readline().strip(), state=state, code_verifier=verifier)
client.refresh_token(token_url)
active = client.introspect_token(found["introspection_endpoint"], token=client.token["access_token"]).json()
who, me = client.get(found["userinfo_endpoint"]).json(), client.get(ISSUER + "/api/v1/me")
client.revoke_token(found["revocation_endpoint"], token=client.token["refresh_token"])
after = client.get(ISSUER + "/api/v1/me")
print(json.dumps({"who": who, "active": active["active"], "me": me.status_code, "after": after.status_code}))
`;
const REQUESTS_OAUTHLIB = `${ISSUER_URL}
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session
client = OAuth2Session(ID, scope=SCOPES.split(), redirect_uri=BACK, pkce="S256")
url, state = client.authorization_url(ISSUER + "/oauth/authorize")
print(url, flush=True)
basic = HTTPBasicAuth(ID, SECRET)
client.fetch_token(ISSUER + "/oauth/token", authorization_response=sys.stdin.readline().strip(), auth=basic, include_client_id=False)
client.refresh_token(ISSUER + "/oauth/token", auth=basic)
import requests
ask = lambda path: requests.post(ISSUER + path, auth=basic, data={"token": client.token["refresh_token"]})
active = ask("/oauth/introspect").json()
who, me = client.get(ISSUER + "/oauth/userinfo").json(), client.get(ISSUER + "/api/v1/me")
ask("/oauth/revoke").raise_for_status()
after = client.get(ISSUER + "/api/v1/me")
print(json.dumps({"who": who, "active": active["active"], "me": me.status_code, "after": after.status_code}))
`;

/** oauthlib refuses http otherwise, also of this machine. */
const INSECURE = { OAUTHLIB_INSECURE_TRANSPORT: "1" };

test("the example for Python logs a user in and out", async ({ page, server, appUrl, registered, examples, allowConsole }) => {
  allowConsole(/status of 400/);
  const app = await registered({ kind: "web", scopes: "openid profile email", redirects: `${appUrl}/callback`, logouts: `${appUrl}/` });
  await examples.write("app.py");
  const flask = [python(), "-m", "flask", "run", "--port", new URL(appUrl).port];
  await examples.start(flask, env(server, app, { APP_SECRET: "a long text of a test" }), appUrl);
  const bob = await signedUp(page, "Bob");
  await page.context().clearCookies();

  await page.goto(`${appUrl}/login`);
  await enterAndLogIn(page, bob);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByText("You are not logged in: access_denied")).toBeVisible();
  await page.goto(`${appUrl}/login`);
  await agree(page);
  await expect(page.getByText(`Hello ${bob.name}, ${bob.email}`)).toBeVisible();

  await page.goto(`${appUrl}/logout`);
  await confirmLogout(page);
  await expect(page.getByText("No one is logged in")).toBeVisible();
  await page.goto("/dashboard");
  await expect(page).toHaveURL(/\/login/);
});

for (const [library, program] of [["Authlib", AUTHLIB], ["requests-oauthlib", REQUESTS_OAUTHLIB]] as const) {
  test(`${library} takes a code from the address, renews its token, asks about it and revokes it`, async ({ page, server, appUrl, registered, examples }) => {
    const back = `${appUrl}/callback`;
    const app = await registered({ kind: "web", scopes: "openid email offline_access account:read", redirects: back });
    const bob = await signedUp(page, "Bob");
    const path = await examples.put("program.py", program);
    const said = await examples.ask([python(), path], env(server, app, { BACK: back, ...INSECURE }), async (url) => (await sentBack(page, url, back)).href);
    expect(JSON.parse(said)).toMatchObject({ who: { email: bob.email }, active: true, me: 200, after: 401 });
  });
}
