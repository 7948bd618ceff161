// `latchkey doctor`, as an operator runs it beside a server.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "./fixtures.ts";

type Finding = { what: string; state: "good" | "warning" | "broken"; words: string };

test("a healthy installation gets a good report, and one about mail", async ({ server }) => {
  const { code, stdout } = await server.cli(["doctor"]);
  expect(code, stdout).toBe(0);
  expect(stdout).toMatch(/^ok +database +reached, and up to date$/m);
  expect(stdout).toMatch(/^ok +secret key +opens the signing keys/m);
  expect(stdout).toMatch(/^ok +passwords +one hash takes \d+ ms here/m);
  expect(stdout).toMatch(/^warning +mail .*set LATCHKEY_SMTP_URL$/m);
});

test("in production without mail the doctor names the weakness", async ({ server }) => {
  const key = (await readFile(join(server.dataDir, "secret.key"), "utf8")).trim();
  const production = ["--base-url", "https://accounts.example.com", "--secret-key", key];
  const { code, stdout } = await server.cli(["doctor", "--json", ...production]);
  expect(code, stdout).toBe(0);
  const findings = JSON.parse(stdout) as Finding[];
  expect(findings.find(({ what }) => what === "settings")).toMatchObject({ state: "good" });
  expect(findings.find(({ what }) => what === "mail")).toMatchObject({
    state: "warning",
    words: expect.stringContaining("sign-up tells whether an address has an account"),
  });
});

test("what is broken is named with its remedy, and the exit code says so", async ({ server }) => {
  const nowhere = await server.cli(["doctor", "--data-dir", join(server.dataDir, "nowhere"), "--database-url", "sqlite:///nowhere/at/all.db"]);
  expect(nowhere.code).toBe(1);
  expect(nowhere.stdout).toMatch(/^BROKEN +database +.*check LATCHKEY_DATABASE_URL/m);
  const otherKey = await server.cli(["doctor", "--secret-key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"]);
  expect(otherKey.code).toBe(1);
  expect(otherKey.stdout).toMatch(/^BROKEN +secret key/m);
  expect(otherKey.stderr).toContain("1 thing is broken");
});
