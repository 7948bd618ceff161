// The second factor, with codes from an independent library, read from the page as a phone reads them.

import { readFile } from "node:fs/promises";
import jsqr from "jsqr";
import { TOTP, URI } from "otpauth";
import type { Page } from "@playwright/test";
import type { Sql } from "postgres";
import { findings } from "./axe.ts";
import { expect, test } from "./fixtures.ts";
import { type Way, withAndWithoutJavaScript } from "./javascript.ts";
import { type Person, SESSION, passwordField, signedUp } from "./people.ts";

// What these tests change by SQL no server hears of, so it must cache no session.
test.use({ database: "postgres", serverEnv: { LATCHKEY_CACHED_SESSIONS: "0" } });

const decode = jsqr as unknown as typeof jsqr.default;

const STEP_MS = 30_000;
const HOUR_MS = 3_600_000;

/** The browser's own word on a form that was refused. */
const REFUSED = /status of 422/;

/** The code of the next step: it counts from now on, and for a minute at least, however long it is on its way. */
function codeOf(totp: TOTP): string {
  return totp.generate({ timestamp: Date.now() + STEP_MS });
}

/** Each code counts once. For the next one nobody wants to wait: the server forgets which was the last. */
async function nextCode(sql: Sql, { email }: Person, totp: TOTP): Promise<string> {
  const forgot = await sql`update totp set last_step = 0 where user_id = (select id from users where email = ${email})`;
  expect(forgot.count).toBe(1);
  return codeOf(totp);
}

withAndWithoutJavaScript((way) => {
  test("is set up, asks at log-in, and takes a recovery code once", async ({ page, sql, allowConsole }) => {
    allowConsole(REFUSED);
    const person = await confirmed(page, sql, "Uma");
    const { totp, recovery } = await setUp(way, page);
    expect(recovery).toHaveLength(10);
    await page.getByRole("link", { name: "I've saved my codes" }).click();
    await way.arrived(page, "/account/second-factor");
    await expect(page.getByRole("main")).toContainText("You have 10 recovery codes left.");

    await page.getByRole("button", { name: "Log out" }).click();
    await way.arrived(page, "/");
    await logIn(way, page, person, "/account/devices");
    await way.arrived(page, "/login/code");
    await expect(page.getByLabel("6-digit code", { exact: true })).toBeFocused();
    await expect(page.getByLabel("6-digit code", { exact: true })).toHaveAttribute("autocomplete", "one-time-code");
    await expect(page.getByLabel("6-digit code", { exact: true })).toHaveAttribute("inputmode", "numeric");
    expect((await page.context().cookies()).map(({ name }) => name)).not.toContain(SESSION);

    await enter(page, "6-digit code", "000000");
    await expect(page.getByLabel("6-digit code", { exact: true })).toHaveAccessibleDescription(/That code is wrong/);
    await expect(page.getByLabel("6-digit code", { exact: true })).toHaveValue("");
    const code = await nextCode(sql, person, totp);
    await enter(page, "6-digit code", `${code.slice(0, 3)} ${code.slice(3)}`);
    await way.arrived(page, "/account/devices");

    await page.getByRole("button", { name: "Log out", exact: true }).click();
    await way.arrived(page, "/");
    await logIn(way, page, person);
    await way.arrived(page, "/login/code");
    await page.getByRole("link", { name: "Use a recovery code" }).click();
    await way.arrived(page, "/login/code?with=recovery");
    await enter(page, "Recovery code", "aaaaa-bbbbb");
    await expect(page.getByLabel("Recovery code")).toHaveAccessibleDescription(/^That recovery code is wrong .* Try another one\.$/);
    await expect(page.getByLabel("Recovery code")).toHaveValue("");
    await enter(page, "Recovery code", recovery[0]!.toUpperCase().replace("-", " "));
    await way.arrived(page, "/dashboard");
    await way.open(page, "/account/second-factor");
    await expect(page.getByRole("main")).toContainText("You have 9 recovery codes left.");
  });

  test("two log-ins in two tabs: a code counts for the account that its page names", async ({
    page,
    context,
    sql,
    allowConsole,
  }) => {
    allowConsole(/status of 409/);
    const first = await confirmed(page, sql, "Adele");
    const { totp: firstApp } = await setUp(way, page);
    await context.clearCookies();
    const second = await confirmed(page, sql, "Berta");
    const { totp: secondApp } = await setUp(way, page);
    await context.clearCookies();
    const tab = await context.newPage();
    for (const [at, person] of [[page, first], [tab, second]] as const) {
      await logIn(way, at, person);
      await way.arrived(at, "/login/code");
      await expect(at.getByRole("main")).toContainText(person.email);
    }
    await enter(page, "6-digit code", await nextCode(sql, first, firstApp));
    await expect(page.locator("[aria-live=assertive]")).toContainText("You have started another login since");
    await enter(tab, "6-digit code", await nextCode(sql, second, secondApp));
    await way.arrived(tab, "/dashboard");
    await way.open(tab, "/account/profile");
    await expect(tab.getByRole("main")).toContainText(second.email);
  });

  test("a trusted device is asked for nothing until it is removed", async ({ page, sql }) => {
    const person = await confirmed(page, sql, "Vera");
    const { totp } = await setUp(way, page);
    await page.context().clearCookies();
    await logIn(way, page, person);
    await way.arrived(page, "/login/code");
    await page.getByLabel("Trust this device for 30 days").check();
    await enter(page, "6-digit code", await nextCode(sql, person, totp));
    await way.arrived(page, "/dashboard");

    await page.getByRole("button", { name: "Log out" }).click();
    await way.arrived(page, "/");
    await logIn(way, page, person);
    await way.arrived(page, "/dashboard");
    await way.open(page, "/account/second-factor");
    const devices = page.getByRole("region", { name: "Trusted devices" });
    await expect(devices.getByRole("listitem")).toHaveCount(1);
    await expect(devices).toContainText("This device");
    await devices.getByRole("button", { name: /^Remove/ }).click();
    await expect(page.getByRole("status")).toContainText("Trusted device removed");
    await expect(devices.getByRole("listitem")).toHaveCount(0);

    await page.getByRole("button", { name: "Log out" }).click();
    await way.arrived(page, "/");
    await logIn(way, page, person);
    await way.arrived(page, "/login/code");
  });

  test("recovery codes are downloaded, and gone when the page is loaded again", async ({ page, sql }) => {
    await confirmed(page, sql, "Wilma");
    const { recovery } = await setUp(way, page);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download as text file" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("latchkey-recovery-codes.txt");
    expect(download.url(), "no code in an address").not.toContain(recovery[0]);
    const text = await readFile(await download.path(), "utf8");
    for (const code of recovery) expect(text).toContain(code);
    await page.reload();
    await expect(page.getByRole("main")).toContainText("You can see recovery codes only once");
    await expect(page.getByRole("main")).not.toContainText(recovery[0]!);
  });

  test("recovery codes are one clean sheet on paper", async ({ page, sql }) => {
    const person = await confirmed(page, sql, "Petra");
    const { recovery } = await setUp(way, page);
    await page.emulateMedia({ media: "print" });
    const lines = (await page.locator("body").innerText()).split("\n").filter((line) => line.trim() !== "");
    expect(lines.slice(2), "nothing but the codes below").toEqual(recovery);
    expect(lines[0]).toBe("Recovery codes");
    expect(lines[1]).toContain(person.email);
    expect(lines[1]).toMatch(/created \d{4}-\d\d-\d\d/);
    const size = (name: string) => page.locator(".codes").evaluate((codes, name) => getComputedStyle(codes).getPropertyValue(name), name);
    expect(Number.parseFloat(await size("font-size")), "to be read without glasses").toBeGreaterThanOrEqual(20);
    expect((await page.locator(".codes").boundingBox())?.height, "on one sheet").toBeLessThan(900);
  });

  test("it is turned off, and asks for the password first when that was given a while ago", async ({ page, sql, allowConsole }) => {
    allowConsole(/status of 401/);
    const person = await confirmed(page, sql, "Xenia");
    await setUp(way, page);
    await sql`update sessions set authenticated_at = authenticated_at - ${HOUR_MS}
      where user_id = (select id from users where email = ${person.email})`;
    await way.open(page, "/account/second-factor");
    await page.getByRole("button", { name: "Turn off", exact: true }).click();
    await way.arrived(page, "/actions/turn_off_second_factor");
    await passwordOf(page).fill(person.password);
    await page.getByRole("button", { name: "Turn off two-factor authentication" }).click();
    await way.arrived(page, "/account/second-factor");
    await expect(page.getByRole("status")).toContainText("Two-factor authentication is off.");
    await page.getByRole("button", { name: "Log out" }).click();
    await way.arrived(page, "/");
    await logIn(way, page, person);
    await way.arrived(page, "/dashboard");
  });
});

test("an address that is not confirmed is told so", async ({ page }) => {
  await signedUp(page, "Yara");
  await page.goto("/account/second-factor");
  await expect(page.getByRole("main")).toContainText("Confirm your email address first");
  await expect(page.getByRole("button", { name: "Set up two-factor authentication" })).toHaveCount(0);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`a camera reads the secret from the page: ${colorScheme}`, async ({ page, sql }) => {
    const person = await confirmed(page, sql, "Zoe");
    await page.emulateMedia({ colorScheme });
    await page.goto("/account/second-factor");
    await page.getByRole("button", { name: "Set up two-factor authentication" }).click();
    const drawing = page.getByRole("img", { name: /^QR code/ });
    const address = await scan(page, await drawing.screenshot());
    expect(address).toBe(await page.locator("a[href^='otpauth:']").getAttribute("href"));
    const totp = URI.parse(address);
    expect(totp).toBeInstanceOf(TOTP);
    expect(totp).toMatchObject({ algorithm: "SHA1", digits: 6, period: 30, issuer: "Latchkey @ localhost" });
    expect(totp.label).toBe(person.email);
    await page.getByRole("textbox", { name: "6-digit code" }).fill(codeOf(totp as TOTP));
    await page.getByRole("button", { name: "Turn on", exact: true }).click();
    await expect(page).toHaveURL("/account/second-factor/codes");
  });
}

test("the pages have no finding of axe", async ({ page, sql }) => {
  await confirmed(page, sql, "Bela");
  await page.goto("/account/second-factor");
  const found = await findings(page, "the second factor, off");
  await page.getByRole("button", { name: "Set up two-factor authentication" }).click();
  found.push(...(await findings(page, "the set-up")));
  const secret = (await page.locator("#secret").innerText()).replaceAll(" ", "");
  await enter(page, "6-digit code", codeOf(new TOTP({ secret })), "Turn on");
  await expect(page).toHaveURL("/account/second-factor/codes");
  found.push(...(await findings(page, "recovery codes")));
  await page.getByRole("link", { name: "I've saved my codes" }).click();
  found.push(...(await findings(page, "the second factor, on")));
  expect(found).toEqual([]);
});

test("the key is copied with a button, and a wrong first code is said at its field", async ({ page, sql, allowConsole }) => {
  allowConsole(REFUSED);
  await confirmed(page, sql, "Anouk");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto("/account/second-factor");
  await page.getByRole("button", { name: "Set up two-factor authentication" }).click();
  await page.getByRole("button", { name: "Copy key" }).click();
  await expect(page.getByText("Copied.")).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe((await page.locator("#secret").innerText()).replaceAll(" ", ""));
  await page.getByRole("textbox", { name: "6-digit code" }).fill("12345");
  await page.getByRole("button", { name: "Turn on", exact: true }).click();
  await expect(page.getByRole("textbox", { name: "6-digit code" })).toHaveAccessibleDescription(/Enter a 6-digit code\./);
  await expect(page.getByRole("textbox", { name: "6-digit code" })).toBeFocused();
});

async function confirmed(page: Page, sql: Sql, name: string): Promise<Person> {
  const person = await signedUp(page, name);
  await sql`update users set verified_at = created_at where email = ${person.email}`;
  return person;
}

/** Through the pages, from off to the recovery codes. */
async function setUp(way: Way, page: Page): Promise<{ totp: TOTP; recovery: string[] }> {
  await way.open(page, "/account/second-factor");
  await page.getByRole("button", { name: "Set up two-factor authentication" }).click();
  await way.arrived(page, "/account/second-factor/set-up");
  const secret = (await page.locator("#secret").innerText()).replaceAll(" ", "");
  const totp = new TOTP({ secret });
  await enter(page, "6-digit code", codeOf(totp), "Turn on");
  await way.arrived(page, "/account/second-factor/codes");
  const recovery = (await page.locator(".codes").innerText()).split("\n");
  return { totp, recovery };
}

async function logIn(way: Way, page: Page, person: Person, next = "/dashboard"): Promise<void> {
  await way.open(page, `/login?next=${encodeURIComponent(next)}`);
  await page.getByLabel("Email").fill(person.email);
  await passwordField(page).fill(person.password);
  await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
}

async function enter(page: Page, label: string, code: string, button = "Log in"): Promise<void> {
  await page.getByLabel(label, { exact: true }).fill(code);
  await page.getByRole("main").getByRole("button", { name: button }).click();
}

function passwordOf(page: Page) {
  return page.getByLabel("Your password", { exact: true });
}

/** What a camera would see. The browser turns the picture into pixels. */
async function scan(page: Page, png: Buffer): Promise<string> {
  const { data, width, height } = await page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext("2d")!;
    context.drawImage(image, 0, 0);
    const pixels = context.getImageData(0, 0, image.width, image.height);
    return { data: [...pixels.data], width: image.width, height: image.height };
  }, png.toString("base64"));
  const found = decode(new Uint8ClampedArray(data), width, height);
  if (!found) throw new Error("nobody could scan this");
  return found.data;
}
