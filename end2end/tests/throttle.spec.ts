// Too many tries: the form says when to go on, and a browser that logged in before is not locked out by others.

import type { Locator, Page } from "@playwright/test";
import type { Sql } from "postgres";
import { findings } from "./axe.ts";
import { expect, test } from "./fixtures.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { type Person, SESSION, enterAndLogIn, hydrated, open as openHydrated, passwordField, signedUp } from "./people.ts";

test.use({ database: "postgres" });

test.beforeEach(({ allowConsole }) => {
  // The browser's own word on the answer.
  allowConsole(/status of 429/);
});

withAndWithoutJavaScript(({ scripted, open, arrived }) => {
  test("the log-in form says when to try again, and works then", async ({ page, anotherBrowser, sql }) => {
    const person = await signedUp(await (await anotherBrowser()).newPage(), "Ulla");
    if (scripted) await page.clock.install();
    await open(page, "/login?next=%2Fnotes");
    await guess(page, person);
    await makeWait(sql);
    await enterAndLogIn(page, person);
    await expect(page.getByRole("main")).toContainText(/Too many attempts\. Try again in \d+ (seconds|minutes)\./);
    await expect(page.getByLabel("Email")).toHaveValue(person.email);
    await expect(passwordField(page)).toHaveValue("");
    expect(page.url()).not.toContain(person.email);

    await waitOver(page, sql, scripted);
    await enterAndLogIn(page, person);
    await arrived(page, "/notes");
  });

  test("so does the proof of identity", async ({ page, sql }) => {
    const person = await signedUp(page, "Vera");
    if (scripted) await page.clock.install();
    await open(page, "/confirm?next=%2Fnotes&with=anew");
    await guess(page, person);
    await makeWait(sql);
    await page.getByLabel("Your password").fill(person.password);
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByRole("main")).toContainText("Too many attempts.");

    await waitOver(page, sql, scripted);
    await page.getByLabel("Your password").fill(person.password);
    await page.getByRole("button", { name: "Continue" }).click();
    await arrived(page, "/notes");
  });

  test("a browser that logged in before gets in while another one guesses", async ({ page, anotherBrowser, sql }) => {
    const person = await signedUp(page, "Wanda");
    await page.context().clearCookies({ name: SESSION });
    const stranger = await (await anotherBrowser({ javaScriptEnabled: scripted })).newPage();
    await guess(stranger, person);
    await makeWait(sql);
    await open(stranger, "/login");
    await enterAndLogIn(stranger, person);
    await expect(stranger.getByRole("main")).toContainText(/Try again in \d+ (seconds|minutes)\./);

    await open(page, "/login");
    await enterAndLogIn(page, person);
    await arrived(page, "/dashboard");
    await expect(page.getByRole("main")).toContainText(person.email);
    await noWait(sql);
  });
});

test("the wait counts down in silence, the button waits, and the end is said", async ({ page, anotherBrowser, sql }) => {
  const person = await signedUp(await (await anotherBrowser()).newPage(), "Xenia");
  await page.clock.install();
  await openHydrated(page, "/login");
  await guess(page, person);
  await makeWait(sql);
  await enterAndLogIn(page, person);
  const notice = page.locator("[aria-live=assertive]");
  await expect(notice).toContainText("Too many attempts.");
  await expect(notice).toBeFocused();
  const said = await follow(page);

  const button = page.getByRole("main").getByRole("button", { name: "Log in", exact: true });
  await expect(button).toHaveAttribute("aria-disabled", "true");
  await expect(button).toHaveText(/Log in\s*\(\d+ (s|min)\)/);
  await expect(button, "it looks like one that waits").toHaveCSS("cursor", "progress");
  for (const colorScheme of ["light", "dark"] as const) {
    // Without motion: halfway from one look to the other is no look.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // axe looks at no button that is disabled; the seconds on this one are read all the same.
    expect(await contrast(button), `the seconds, ${colorScheme}`).toBeGreaterThanOrEqual(4.5);
  }
  expect(await findings(page, "a wait")).toEqual([]);
  const sent: string[] = [];
  page.on("request", (request) => sent.push(request.url()));
  await passwordField(page).fill(person.password);
  await passwordField(page).press("Enter");
  await button.click({ force: true });
  expect(sent).toEqual([]);

  await page.clock.runFor(5_000);
  await waitOver(page, sql, true);
  expect(await said()).toEqual(["You can try again now."]);
  await expect(button).not.toHaveAttribute("aria-disabled", "true");
  await expect(button).toHaveText("Log in");
  await button.click();
  await page.waitForURL("/dashboard");
  await hydrated(page);
});

/** Between the words of a button and its ground, both as pale as they are shown (WCAG 2, 1.4.3). */
async function contrast(button: Locator): Promise<number> {
  const read = button.evaluate((button) => {
    const { color, backgroundColor, opacity } = getComputedStyle(button);
    return { color, backgroundColor, opacity: Number(opacity), ground: getComputedStyle(button.closest("form")!).backgroundColor };
  });
  const { color, backgroundColor, opacity, ground } = await read;
  expect(opacity, "paler than one that works").toBeLessThan(1);
  const parts = (color: string) => [...color.matchAll(/[\d.]+/g)].map(Number);
  const luminance = (color: string) => {
    const below = parts(ground);
    const shown = parts(color).map((part, at) => (part * opacity + (below[at] ?? 0) * (1 - opacity)) / 255);
    const [red = 0, green = 0, blue = 0] = shown.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark = 0, light = 0] = [luminance(color), luminance(backgroundColor)].sort((one, other) => one - other);
  return (light + 0.05) / (dark + 0.05);
}

/** Uses up the free tries of this browser. */
async function guess(page: Page, { email }: Person): Promise<void> {
  const form = { email, password: "not the password" };
  for (let tries = 0; tries < 5; tries++) {
    const response = await page.request.post("/actions/log_in", { form, headers: { accept: "application/json" } });
    expect(response.status()).toBe(401);
  }
}

/** Longer than a test may take, so that the wait is over when the test says so. */
const WAIT_MS = 14 * 60_000;

/** Everybody who has no free try left waits from now on. */
async function makeWait(sql: Sql): Promise<void> {
  await sql`update throttles set free_at = ${Date.now() + WAIT_MS} where tries >= 5`;
}

async function noWait(sql: Sql): Promise<void> {
  await sql`update throttles set free_at = ${Date.now()} where tries >= 5`;
}

/** The time passes, for the server and for the page. */
async function waitOver(page: Page, sql: Sql, scripted: boolean): Promise<void> {
  await noWait(sql);
  if (!scripted) return;
  await page.clock.fastForward(WAIT_MS);
  await expect(page.getByRole("main")).toContainText("You can try again now.");
}

/** What screen readers are told from now on. */
async function follow(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const said: string[] = [];
    Object.assign(window, { said });
    for (const region of document.querySelectorAll("[aria-live]")) {
      new MutationObserver(() => {
        const words = region.querySelector(".notice-words")?.textContent ?? region.textContent ?? "";
        if (words && said.at(-1) !== words) said.push(words);
      }).observe(region, { subtree: true, childList: true, characterData: true });
    }
  });
  return () => page.evaluate(() => (window as unknown as { said: string[] }).said);
}
