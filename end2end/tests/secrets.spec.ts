// What nobody may read: cookies out of the reach of scripts, no secret in the log. That pages keep nothing in the
// browser's storage: every-page.spec.ts.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContext } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { openNotes, saved, writeNote } from "./notebook.ts";
import {
  ACCESS,
  DEVICE,
  SESSION,
  administrator,
  arrived,
  cookie,
  enterAndLogIn,
  logIn,
  logOut,
  open,
  signUp,
  signedUp,
  somebody,
} from "./people.ts";

test.use({ serverEnv: { LATCHKEY_LOG: "trace" } });

test("the cookies are as they were designed", async ({ page }) => {
  await signedUp(page, "Cleo");
  await open(page, "/dashboard");
  const cookies = await page.context().cookies();
  const ours = { httpOnly: true, secure: true, path: "/", domain: "localhost" };
  expect(cookies.toSorted((one, two) => one.name.localeCompare(two.name))).toMatchObject([
    { name: ACCESS, sameSite: "Strict", ...ours },
    { name: DEVICE, sameSite: "Strict", ...ours },
    { name: SESSION, sameSite: "Lax", ...ours },
  ]);
  const lives = Object.fromEntries(cookies.map(({ name, expires }) => [name, expires]));
  expect(lives[SESSION], "ends with the browser").toBe(-1);
  const seconds = (lives[ACCESS] ?? 0) - Date.now() / 1000;
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(300);
});

test("after a log-out no cookie is left but the name of the browser", async ({ page }) => {
  await signedUp(page, "Clara");
  await open(page, "/dashboard");
  await logOut(page);
  expect((await page.context().cookies()).map(({ name }) => name)).toEqual([DEVICE]);
});

test("no secret gets into the log, not even at its most talkative", async ({
  page,
  server,
  anotherBrowser,
  allowConsole,
}) => {
  allowConsole(/40[0-9]|422/);
  const secrets = new Set<string>();
  const browser = page.context();
  collectCookies(browser, secrets);
  const person = { ...somebody("Canary"), password: "a wagtail+sings &at 5%" };
  const wrong = "a wrong canary sentence";
  secrets.add(person.password).add(wrong);

  await signUp(page, person);
  await openNotes(page);
  await writeNote(page, "Song", "text");
  await browser.clearCookies({ name: ACCESS });
  await page.getByLabel("Text").fill("renewed");
  await page.keyboard.press("Control+s");
  await saved(page);
  await open(page, "/dashboard");
  await sendMalformed(server.url, person.password, await cookie(browser, SESSION), await cookie(browser, ACCESS));
  await logOut(page);
  await open(page, "/login");
  await enterAndLogIn(page, { email: person.email, password: wrong });
  await expect(page.getByRole("main")).toContainText("Check both and try again.");
  await logIn(page, person);

  const admin = await administrator(server);
  secrets.add(admin.password);
  const office = await anotherBrowser();
  collectCookies(office, secrets);
  await logIn(await office.newPage(), admin);
  const done = await server.cli(["force-logout", "--user", person.email]);
  await open(page, "/dashboard");
  await enterAndLogIn(page, person);
  await arrived(page, "/dashboard");
  secrets.add((await readFile(join(server.dataDir, "secret.key"), "utf8")).trim());

  // Two passwords tried, one of the administrator, the key of the server; sessions and tokens of two browsers, and the
  // secrets of the browsers themselves.
  expect(secrets.size).toBeGreaterThan(4 + 3 + 3 + 1);
  const lines = `${server.log()}\n${done.stdout}${done.stderr}`.split("\n");
  expect(lines.some((line) => line.includes("DEBUG")), "the log is at its most talkative").toBe(true);
  // The one secret that belongs there, to show that this would find another.
  const setupToken = /setup\?token=([\w-]+)/.exec(server.log())?.[1] ?? "";
  expect(linesWith([setupToken], lines)).toHaveLength(1);
  expect(linesWith(secrets, lines)).toEqual([]);
});

function linesWith(secrets: Iterable<string>, lines: string[]): string[] {
  const wanted = [...secrets].flatMap(shapes);
  return lines.filter((line) => wanted.some((shape) => line.includes(shape)));
}

/** Every value that a cookie of ours ever gets. */
function collectCookies(context: BrowserContext, secrets: Set<string>): void {
  context.on("response", async (response) => {
    const headers = await response.headersArray().catch(() => []);
    for (const { name, value } of headers) {
      if (name.toLowerCase() !== "set-cookie") continue;
      const text = /^__Host-(?:session|access|device)=([^;]+)/.exec(value)?.[1];
      if (text) secrets.add(text);
    }
  });
}

/** Requests that nobody should send, each with the secrets somewhere in it. */
async function sendMalformed(url: string, password: string, session: string, token: string): Promise<void> {
  const cookies = `${SESSION}=${session}; ${ACCESS}=${token}`;
  const form = "application/x-www-form-urlencoded";
  const json = "application/json";
  const body = new URLSearchParams({ email: "not an address", password }).toString();
  const query = new URLSearchParams({ email: "a@example.com", password, token });
  const bearer = { authorization: `Bearer ${token}` };
  const alone = `password=${encodeURIComponent(password)}`;
  const requests: [string, RequestInit][] = [
    ["/actions/log_in", { method: "POST", headers: { "content-type": form }, body }],
    ["/actions/log_in", { method: "POST", headers: { "content-type": json }, body: JSON.stringify({ password }) }],
    ["/actions/log_in", { method: "POST", headers: { "content-type": form }, body: alone }],
    ["/actions/log_in", { method: "POST", headers: { "content-type": form }, body: `${body}&password=%ff%zz` }],
    ["/actions/sign_up", { method: "POST", headers: { "content-type": form }, body }],
    // What is asked while somebody types is no malformed request, but holds the same secret.
    ["/actions/password_strength", { method: "POST", headers: { "content-type": form }, body }],
    ["/actions/password_strength", { method: "POST", headers: { "content-type": form }, body: body.repeat(20) }],
    ["/actions/nothing", { method: "POST", headers: { "content-type": form }, body }],
    [`/login?${query}`, {}],
    [`/actions/log_in?${query}`, {}],
    ["/dashboard", { headers: { cookie: `${cookies}; ${cookies}` } }],
    ["/dashboard", { headers: { cookie: `${SESSION}=${session}x` } }],
    ["/api/v1/me", { headers: { authorization: `Basic ${token}` } }],
    ["/api/v1/me", { headers: { authorization: `Bearer ${token} ${token}` } }],
    ["/api/v1/me", { headers: { authorization: `Bearer ${token}x` } }],
    ["/api/v1/me", { headers: { ...bearer, cookie: cookies } }],
    [`/api/v1/notes?token=${token}`, { headers: bearer }],
    ["/api/v1/notes", { method: "POST", headers: { ...bearer, "content-type": json }, body: `{"title":"${password}` }],
    ["/api/v1/notes", { method: "POST", headers: { ...bearer, "content-type": json }, body: `{"${token}":1}` }],
    ["/api/v1/token", { method: "POST", headers: { cookie: cookies, origin: "https://example.org" } }],
  ];
  for (const [number, [path, init]] of requests.entries()) {
    const response = await fetch(url + path, { redirect: "manual", ...init });
    expect.soft(response.status, `request ${number}, ${path.split("?")[0]}: who sent it is told so`).toBeLessThan(500);
  }
}

/** A secret as it is and as a log may write it. */
function shapes(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const raw = Buffer.from(secret, "base64url");
  const list = [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ secret }).toString().slice("secret=".length),
    bytes.toString("hex"),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    [...bytes].join(", "),
  ];
  // The signature makes a token valid: it is a secret of its own.
  const signature = secret.split(".")[2];
  if (signature) list.push(signature);
  // A session's secret is a number of 128 bits.
  if (raw.length === 16) {
    list.push(raw.toString("hex"), [...raw].join(", "));
    for (const hex of [raw.toString("hex"), Buffer.from(raw).reverse().toString("hex")]) {
      const number = BigInt(`0x${hex}`);
      list.push(number.toString(), BigInt.asIntN(128, number).toString());
    }
  }
  return list;
}
