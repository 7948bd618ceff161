// What happened to one's account, in words, and the button that says "this was not me".

import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { loggedIn, loggedOutDialog, open as openHydrated, signedUp } from "./people.ts";

const PAGE = "/account/activity";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const WINDOWS =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";

const PHONE_WIDTH = 390;

test.use({ userAgent: FIREFOX });

withAndWithoutJavaScript(({ open, arrived }) => {
  test("what happened stands there by day, with device and address, the newest first", async ({
    page,
    anotherBrowser,
  }) => {
    const person = await signedUp(page, "Ada");
    const office = await (await anotherBrowser({ userAgent: WINDOWS })).newPage();
    await loggedIn(office, person);
    await open(page, "/dashboard");
    await page.getByRole("link", { name: "All activity" }).click();
    await arrived(page, PAGE);
    const today = new Date().toLocaleDateString("en-GB", { timeZone: "UTC", day: "numeric", month: "long", year: "numeric" });
    await expect(page.getByRole("region", { name: today })).toBeVisible();
    await expect(events(page).first()).toContainText("Chrome on Windows, 127.0.0.1");
    await expect(events(page).filter({ hasText: "You signed up." })).toContainText("Firefox on Linux, 127.0.0.1");
    await expect(events(page).filter({ hasText: "This device" }).first()).toContainText("Firefox on Linux");
    await expect(page.getByRole("main")).not.toContainText("Mozilla");
    await expect(page.getByRole("link", { name: "Older" })).toHaveCount(0);
  });

  test("many events stand on several pages, and 'Newest' leads back", async ({ page }) => {
    const person = await signedUp(page, "Bea");
    for (let n = 0; n < 22; n++) await loggedIn(page, person);
    await open(page, PAGE);
    await page.getByRole("link", { name: "Older" }).click();
    await arrived(page, /^\/account\/activity\?before=/);
    await expect(events(page).last()).toContainText("You signed up.");
    await page.getByRole("link", { name: "Newest" }).click();
    await arrived(page, PAGE);
  });

  test("who denies a log-in here ends it elsewhere and is led to a new password", async ({ page, anotherBrowser }) => {
    const person = await signedUp(page, "Cleo");
    const office = await (await anotherBrowser({ userAgent: WINDOWS })).newPage();
    await loggedIn(office, person);
    await open(page, PAGE);
    await events(page).filter({ hasText: "Chrome on Windows" }).getByRole("link", { name: /^This wasn't me/ }).first().click();
    await arrived(page, /^\/not-me\?event=/);
    await expect(page.getByRole("main")).toContainText("Chrome on Windows, 127.0.0.1");
    await office.goto("/dashboard");
    await expect(office, "nothing has happened yet").toHaveURL("/dashboard");

    await page.getByRole("button", { name: "Log out all other devices" }).click();
    await arrived(page, "/not-me/done");
    await expect(page.getByRole("status")).toContainText("1 session ended.");
    await expect(page.getByRole("main")).toContainText("because your email address isn't confirmed");
    await expect(page.getByRole("status")).toBeFocused();
    await page.getByRole("link", { name: "Choose a new password" }).click();
    await arrived(page, "/account/password");
    await office.goto("/dashboard");
    await expect(office.getByRole("main")).toContainText("You reported suspicious activity");
  });

  test("on a phone nothing reaches beyond the side of the screen", async ({ page, anotherBrowser }) => {
    await page.setViewportSize({ width: PHONE_WIDTH, height: 800 });
    const person = await signedUp(page, "Dora");
    await loggedIn(await (await anotherBrowser({ userAgent: WINDOWS })).newPage(), person);
    await open(page, PAGE);
    await expectToFit(page);
    await events(page).getByRole("link", { name: /^This wasn't me/ }).first().click();
    await arrived(page, /^\/not-me\?event=/);
    await expectToFit(page);
  });
});

test("an open page elsewhere is told at once", async ({ page, anotherBrowser }) => {
  const person = await signedUp(page, "Elsa");
  const office = await (await anotherBrowser({ userAgent: WINDOWS })).newPage();
  await loggedIn(office, person);
  await openHydrated(office, "/notes");
  await openHydrated(page, PAGE);
  await events(page).getByRole("link", { name: /^This wasn't me/ }).first().click();
  await page.getByRole("button", { name: "Log out all other devices" }).click();
  await expect(loggedOutDialog(office)).toHaveAccessibleName(/You reported suspicious activity/);
  const way = loggedOutDialog(office).getByRole("link", { name: "Choose a new password" });
  await expect(way, "the password of before may open nothing").toHaveAttribute("href", "/forgot");
});

const events = (page: Page) => page.getByRole("main").getByRole("listitem");

async function expectToFit(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE_WIDTH);
}
