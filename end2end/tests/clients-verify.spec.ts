// An API elsewhere verifies access tokens as the document says, with libraries that others wrote.

import { randomUUID } from "node:crypto";
import * as oidc from "openid-client";
import { type Application, env, python, sentBack, test } from "./clients.ts";
import { expect } from "./fixtures.ts";
import { signedUp } from "./people.ts";
import type { Server } from "./server.ts";

const API_URL = "https://api.example.com";

/** Reads token and scope, a line each, and says what becomes of them: one start for all. */
const NODE = `
  import { createInterface } from "node:readline";
  import { verify } from "./verify.mjs";
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await verify(...line.split(" ")).catch((error) => String(error));
    console.log(JSON.stringify(answer));
  }`;
const PYTHON = `
import json, sys, verify
for line in sys.stdin:
    try:
        print(json.dumps(verify.verify(*line.split())))
    except Exception as error:
        print(json.dumps(str(error)))
`;

for (const language of ["Node", "Python"] as const) {
  test(`an API in ${language} takes the access tokens made for it, and nothing else`, async ({ page, server, appUrl, registered, examples }) => {
    const [ending, program, verifier] = {
      Node: ["mjs", ["node"], ["node", "--input-type=module", "--eval", NODE]],
      Python: ["py", [python()], [python(), "-c", PYTHON]],
    }[language] as [string, string[], string[]];
    const service = await registered({ kind: "service", scopes: "invoices:read invoices:write" });
    const called = [...program, await examples.write(`service.${ending}`)];
    const { stdout: token, stderr } = await examples.run(called, env(server, service, { API_URL }));
    expect(token, stderr).toMatch(/^ey/);
    const [head, body, signature = ""] = token.split(".");
    // Signed with the same key: an ID token, and an access token for our own API.
    const back = `${appUrl}/callback`;
    const web = await registered({ kind: "web", scopes: "openid invoices:read", redirects: back });
    await signedUp(page, "Bob");
    const tokens = await tokensOf(server, web, back, (url) => sentBack(page, url.href, back));

    const tried = {
      good: `${token} invoices:read`,
      scope: `${token} invoices:write`,
      signature: `${head}.${body}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)} invoices:read`,
      unsigned: `${unsigned(head)}.${body}. invoices:read`,
      elsewhere: `${tokens.access_token} invoices:read`,
      identity: `${tokens.id_token} invoices:read`,
    };
    await examples.write(`verify.${ending}`);
    // With the audience of an ID token it is the kind alone that tells.
    for (const audience of [API_URL, web.id]) {
      const input = `${Object.values(tried).join("\n")}\n`;
      const { stdout, stderr } = await examples.run(verifier, { ISSUER: server.url, API_URL: audience }, input);
      const answers = stdout.split("\n").map((line) => JSON.parse(line) as unknown);
      expect(answers, stderr).toHaveLength(6);
      const [good, scope, signature, unsigned, elsewhere, identity] = answers;
      if (audience === API_URL) {
        const is = { iss: server.url, aud: API_URL, sub: service.id, client_id: service.id, scope: "invoices:read" };
        expect(good).toMatchObject(is);
        expect(scope).toContain("lacks the scope invoices:write");
      }
      expect(signature).toMatch(/signature/i);
      expect(unsigned).toMatch(/alg/i);
      expect(elsewhere).toMatch(/aud/i);
      expect(identity).toMatch(audience === API_URL ? /aud|typ/i : /"typ"|not an access token/);
    }
  });
}

test("whoever can't wait for five minutes asks whether a token works now", async ({ page, server, appUrl, registered, examples }) => {
  const api = await registered({ kind: "service", scopes: "nothing" });
  const back = `${appUrl}/callback`;
  const web = await registered({ kind: "web", scopes: "openid invoices:read", redirects: back });
  await signedUp(page, "Bob");
  const tokens = await tokensOf(server, web, back, (url) => sentBack(page, url.href, back));
  await examples.write("introspect.mjs");
  const call = 'import { isActive } from "./introspect.mjs"; console.log(String(await isActive(process.argv[1])))';
  const isActive = async () => (await examples.run(["node", "--input-type=module", "--eval", call, "--", tokens.access_token], env(server, api))).stdout;
  expect(await isActive()).toBe("true");
  await page.goto("/dashboard");
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page).toHaveURL("/");
  expect(await isActive()).toBe("false");
});

function unsigned(head = ""): string {
  const header = JSON.parse(Buffer.from(head, "base64url").toString()) as object;
  return Buffer.from(JSON.stringify({ ...header, alg: "none" })).toString("base64url");
}

async function tokensOf(server: Server, app: Application, back: string, go: (url: URL) => Promise<URL>): Promise<{ access_token: string; id_token?: string }> {
  const config = await oidc.discovery(new URL(server.url), app.id, app.secret, undefined, { execute: [oidc.allowInsecureRequests] });
  const pkceCodeVerifier = `${randomUUID()}${randomUUID()}`;
  const code_challenge = await oidc.calculatePKCECodeChallenge(pkceCodeVerifier);
  const asked = { redirect_uri: back, scope: "openid invoices:read", code_challenge, code_challenge_method: "S256" };
  return oidc.authorizationCodeGrant(config, await go(oidc.buildAuthorizationUrl(config, asked)), { pkceCodeVerifier });
}
