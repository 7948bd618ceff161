// Signing keys: a verifier that knows nothing but the published document, and an administrator who rotates and kills.

import type { Page } from "@playwright/test";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import { expect, test } from "./fixtures.ts";
import { WITHOUT_JAVASCRIPT } from "./javascript.ts";
import { ACCESS, administrator, askApi, cookie, loggedIn, open, signedUp, somebody } from "./people.ts";
import { Server } from "./server.ts";

type Key = { kid: string; algorithm: string; state: string; kill_reason: string };

for (const algorithm of ["ES256", "EdDSA", "RS256"]) {
  test(`${algorithm}: a program elsewhere verifies our tokens with the published keys alone`, async () => {
    const server = await Server.start({ LATCHKEY_TOKEN_ALGORITHM: algorithm });
    const token = await tokenOf(server);
    const verify = verifier(server, algorithm);

    const { payload, protectedHeader } = await verify(token);
    expect(protectedHeader).toMatchObject({ alg: algorithm, typ: "at+jwt" });
    expect(payload).toMatchObject({ iss: server.url, client_id: "latchkey-web", role: "user" });

    const [head = "", body = "", signature = ""] = token.split(".");
    const promoted = { ...payload, role: "admin" };
    const forged = Buffer.from(JSON.stringify(promoted)).toString("base64url");
    await expect(verify([head, forged, signature].join("."))).rejects.toThrow(errors.JWSSignatureVerificationFailed);
    await expect(verify([head, body, signature.replace(/^./, (c) => (c === "A" ? "B" : "A"))].join("."))).rejects.toThrow();
    await expect(verifier(server, algorithm, "https://other.example")(token)).rejects.toThrow(errors.JWTClaimValidationFailed);
    await expect(verifier(server, algorithm === "ES256" ? "RS256" : "ES256")(token)).rejects.toThrow(errors.JOSEAlgNotAllowed);

    // After a kill the document has only the successor, and who reads it again knows.
    const [old] = await keysOf(server);
    await server.cli(["keys", "revoke", old?.kid ?? "", "--reason", "it leaked"]);
    await expect.poll(() => askApi(server, token)).toBe(401);
    await expect(verifier(server, algorithm)(token)).rejects.toThrow(errors.JWKSNoMatchingKey);
    await expect.poll(async () => (await verifier(server, algorithm)(await tokenOf(server))).payload.role).toBe("user");
    expect(await server.stop()).toBe(0);
  });
}

test("a shared secret is published nowhere", async () => {
  const server = await Server.start({ LATCHKEY_TOKEN_ALGORITHM: "HS256" });
  expect(await askApi(server, await tokenOf(server))).toBe(200);
  const response = await fetch(`${server.url}/.well-known/jwks.json`);
  expect(await response.json()).toEqual({ keys: [] });
  expect(await server.stop()).toBe(0);
});

test("the command line lists, rotates and kills", async ({ freshServer }) => {
  const [first] = await keysOf(freshServer);
  const rotated = await freshServer.cli(["keys", "rotate"]);
  expect(rotated.stdout).toMatch(/^Published key \S+ \(ES256\)\. New tokens are signed with it from .* UTC\.$/m);
  expect(await freshServer.cli(["keys", "rotate"], { code: 1 })).toMatchObject({ stderr: expect.stringContaining("already waiting") });
  const table = (await freshServer.cli(["keys", "list"])).stdout.trimEnd().split("\n");
  expect(table).toHaveLength(3);
  expect(table[1]).toMatch(/ next /);
  expect(table[2]).toMatch(new RegExp(`^${first?.kid} +ES256 +in use `));
  await freshServer.cli(["keys", "revoke", "nobody", "--reason", "x"], { code: 1 });
  await freshServer.cli(["keys", "revoke", first?.kid ?? ""], { code: 2 });
  // One id in 64 begins with a hyphen.
  const odd = await freshServer.cli(["keys", "revoke", "-OmN4", "--reason", "x"], { code: 1 });
  expect(odd.stderr).toContain("No active signing key has this ID");
  // As it was called before.
  await freshServer.cli(["keys", "kill", first?.kid ?? "", "--reason", "test"]);
  expect((await keysOf(freshServer)).map(({ state }) => state)).toEqual(["signing", "killed"]);
});

test("with another secret key nothing is killed or made; a lost one is replaced on purpose", async ({ freshServer }) => {
  const [first] = await keysOf(freshServer);
  const other = ["--secret-key", (await freshServer.cli(["secret"])).stdout.trim()];
  const kill = ["keys", "revoke", first?.kid ?? "", "--reason", "test", ...other];
  for (const args of [kill, ["keys", "rotate", ...other]]) {
    expect(await freshServer.cli(args, { code: 1 })).toMatchObject({ stderr: expect.stringContaining("LATCHKEY_SECRET_KEY") });
  }
  expect((await keysOf(freshServer)).map(({ state }) => state)).toEqual(["signing"]);
  await freshServer.cli([...kill, "--unopened"]);
  await freshServer.cli(["keys", "rotate", ...other]);
});

test("an administrator rotates and kills", async ({ page, server, anotherBrowser, allowConsole }) => {
  allowConsole(/401|422/);
  await rotateAndKill(page, await (await anotherBrowser()).newPage(), server);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("an administrator rotates and kills", async ({ page, server, anotherBrowser, allowConsole }) => {
    allowConsole(WITHOUT_JAVASCRIPT);
    await rotateAndKill(page, await (await anotherBrowser({ javaScriptEnabled: false })).newPage(), server);
  });
});

/** Leaves one signing key and nothing that waits, as it found it. */
async function rotateAndKill(admin: Page, person: Page, server: Server): Promise<void> {
  await signedUp(person, "Bystander");
  await person.goto("/dashboard");
  const token = await cookie(person.context(), ACCESS);
  await loggedIn(admin, await administrator(server));
  await admin.goto("/admin/users");
  await admin.getByRole("link", { name: "Keys", exact: true }).click();
  await admin.waitForURL("/admin/keys");

  const before = await admin.getByRole("row").count();
  await admin.getByRole("button", { name: "Rotate keys" }).click();
  await expect(admin.getByRole("status")).toContainText(/ES256 key .{8}… created\. It will be in use from .* UTC/);
  await expect(admin.getByRole("row")).toHaveCount(before + 1);
  await expect(admin.getByRole("row").nth(1)).toContainText("Next");
  await expect(admin.getByRole("button", { name: "Rotate keys" })).toHaveCount(0);

  const [next, signing] = (await keysOf(server)).filter(({ state }) => ["next", "signing"].includes(state));
  await admin.getByRole("row").filter({ hasText: "In use" }).last().getByRole("link", { name: /^Revoke/ }).click();
  await admin.waitForURL(`/admin/keys/${signing?.kid}#revoke`);
  await expect(admin.getByRole("main")).toContainText("Another key takes over at once.");
  await admin.getByRole("button", { name: "Revoke key" }).click();
  await expect(admin.getByLabel("Reason")).toHaveAccessibleDescription(/Enter a reason/);
  await admin.getByLabel("Reason").fill("it leaked");
  await admin.getByRole("button", { name: "Revoke key" }).click();
  await expect(admin.getByRole("status")).toContainText(/Key .{8}… revoked in \d+ ms\. New tokens are signed with .{8}…/);
  await expect(admin).toHaveURL("/admin/keys");

  expect(await askApi(server, token)).toBe(401);
  await person.goto("/dashboard");
  await expect(person).toHaveURL("/dashboard");
  expect(await askApi(server, await cookie(person.context(), ACCESS)), "a token of the new key").toBe(200);
  const after = await keysOf(server);
  expect(after.find(({ kid }) => kid === next?.kid)?.state).toBe("signing");
  expect(after.find(({ kid }) => kid === signing?.kid)).toMatchObject({ state: "killed", kill_reason: "it leaked" });
}

test("whoever writes a note notices neither a rotation nor a kill", async ({ page, server, allowConsole }) => {
  // The browser's own word on the refusal that is followed by a renewal.
  allowConsole(/401/);
  await signedUp(page, "Writer");
  await open(page, "/notes");
  await expect(page.getByText("You don't have any notes yet.")).toBeVisible();
  const token = await cookie(page.context(), ACCESS);
  const signing = (await keysOf(server)).find(({ state }) => state === "signing");
  await server.cli(["keys", "revoke", signing?.kid ?? "", "--reason", "test"]);
  await expect.poll(() => askApi(server, token)).toBe(401);
  await page.getByRole("button", { name: "New note" }).click();
  await page.getByLabel("Title").fill("Written through a kill");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("button", { name: "Written through a kill" })).toBeVisible();
});

/** Verifies as a program elsewhere does: issuer, audience, type, algorithm, and the keys from the document. */
function verifier(server: Server, algorithm: string, audience = `${server.url}/api`) {
  const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", server.url));
  return (token: string) => jwtVerify(token, keys, { issuer: server.url, audience, typ: "at+jwt", algorithms: [algorithm] });
}

/** Signs somebody up and gets an access token, without a browser. */
async function tokenOf(server: Server): Promise<string> {
  const form = { method: "POST", headers: { accept: "application/json" }, body: new URLSearchParams(somebody("Robot")) };
  const signedUp = await fetch(`${server.url}/actions/sign_up`, form);
  const session = signedUp.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
  const answer = await fetch(`${server.url}/api/v1/token`, { method: "POST", headers: { cookie: session } });
  const line = answer.headers.getSetCookie().find((line) => line.startsWith(`${ACCESS}=`));
  expect(line, await answer.text()).toBeDefined();
  return line?.split(";")[0]?.slice(ACCESS.length + 1) ?? "";
}

async function keysOf(server: Server): Promise<Key[]> {
  const { stdout, stderr } = await server.cli(["keys", "list", "--json"]);
  expect(stderr).toBe("");
  return (JSON.parse(stdout) as { keys: Key[] }).keys;
}
