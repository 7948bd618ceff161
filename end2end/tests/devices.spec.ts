// The devices page: where a person is logged in, and the way to end it from another device.

import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { ACCESS, type Person, askApi, cookie, loggedIn, signedUp } from "./people.ts";

const PAGE = "/account/devices";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
  "Version/17.5 Mobile/15E148 Safari/604.1";
const WINDOWS =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";

const PHONE_WIDTH = 390;

test.use({ userAgent: FIREFOX });

withAndWithoutJavaScript(({ open, arrived }) => {
  test("the list says browser and system in words, and which device is this", async ({ page, anotherBrowser }) => {
    const person = await signedUp(page, "Ada");
    await loggedIn(await (await anotherBrowser({ userAgent: IPHONE })).newPage(), person);
    await loggedIn(await (await anotherBrowser({ userAgent: WINDOWS })).newPage(), person);
    await open(page, PAGE);
    await expect(here(page)).toContainText("Firefox on Linux");
    await expect(here(page)).toContainText("127.0.0.1");
    await expect(others(page)).toHaveCount(2);
    await expect(others(page).filter({ hasText: "Safari on iPhone" })).toHaveCount(1);
    await expect(others(page).filter({ hasText: "Chrome on Windows" })).toHaveCount(1);
    await expect(page.getByRole("main")).not.toContainText("Mozilla");
  });

  test("somebody else's devices are not in the list", async ({ page, anotherBrowser }) => {
    await signedUp(await (await anotherBrowser({ userAgent: IPHONE })).newPage(), "Bert");
    await signedUp(page, "Anna");
    await open(page, PAGE);
    await expectNowhereElse(page);
    await expect(page.getByRole("main")).not.toContainText("iPhone");
  });

  test("the button of a device logs it out, says why there, and its token is refused", async ({
    page,
    server,
    anotherBrowser,
  }) => {
    const person = await signedUp(page, "Cora");
    const phone = await (await anotherBrowser({ userAgent: IPHONE })).newPage();
    const office = await (await anotherBrowser({ userAgent: WINDOWS })).newPage();
    const token = await tokenOf(phone, person);
    const officeToken = await tokenOf(office, person);
    expect(await askApi(server, token)).toBe(200);

    await open(page, PAGE);
    await page.getByRole("button", { name: "Log out Safari on iPhone, 127.0.0.1" }).click();
    await arrived(page, PAGE);
    await expectOutcome(page, "You're logged out on 1 other device.");
    await expect(others(page)).toHaveCount(1);
    await expect(others(page)).toContainText("Chrome on Windows");

    expect(await askApi(server, token)).toBe(401);
    expect(await askApi(server, officeToken)).toBe(200);
    await expectLoggedOut(phone, "You logged out this device from another one.");
    await expectLoggedIn(office, person);
    await expectLoggedIn(page, person);
  });

  test("'Log out all other devices' leaves this device alone", async ({ page, server, anotherBrowser }) => {
    const person = await signedUp(page, "Dana");
    const away = [
      await (await anotherBrowser({ userAgent: IPHONE })).newPage(),
      await (await anotherBrowser({ userAgent: WINDOWS })).newPage(),
    ];
    const tokens = [];
    for (const device of away) tokens.push(await tokenOf(device, person));
    await open(page, PAGE);
    await page.getByRole("button", { name: "Log out all other devices" }).click();
    await arrived(page, PAGE);
    await expectOutcome(page, "You're logged out on 2 other devices.");
    await expectNowhereElse(page);
    for (const token of tokens) expect(await askApi(server, token)).toBe(401);
    for (const device of away) await expectLoggedOut(device, "You logged out this device from another one.");
    await expectLoggedIn(page, person);
  });

  test("a device that is gone by now is no problem", async ({ page, anotherBrowser }) => {
    const person = await signedUp(page, "Egon");
    const phone = await (await anotherBrowser({ userAgent: IPHONE })).newPage();
    await loggedIn(phone, person);
    await open(page, PAGE);
    await phone.request.post("/actions/log_out", { headers: { accept: "text/html" }, maxRedirects: 0 });
    await page.getByRole("button", { name: /^Log out \w+ on/ }).click();
    await arrived(page, PAGE);
    await expectOutcome(page, "That device was already logged out.");
    await expectNowhereElse(page);
  });

  test("what happened is said once", async ({ page, anotherBrowser }) => {
    const person = await signedUp(page, "Fine");
    await loggedIn(await (await anotherBrowser()).newPage(), person);
    await open(page, PAGE);
    await page.getByRole("button", { name: "Log out all other devices" }).click();
    await arrived(page, PAGE);
    await expect(page.getByRole("status")).toHaveCount(1);
    await open(page, PAGE);
    await expect(page.getByRole("status")).toHaveCount(0);
  });

  test("'Log out this device' logs out here and nowhere else", async ({ page, anotherBrowser }) => {
    const person = await signedUp(page, "Gabi");
    const phone = await (await anotherBrowser({ userAgent: IPHONE })).newPage();
    await loggedIn(phone, person);
    await open(page, PAGE);
    await page.getByRole("button", { name: "Log out this device" }).click();
    await arrived(page, "/");
    await open(page, PAGE);
    await expect(page).toHaveURL(`/login?next=${encodeURIComponent(PAGE)}`);
    await expectLoggedIn(phone, person);
  });

  test("on a phone nothing reaches beyond the side of the screen", async ({ page, anotherBrowser }) => {
    await page.setViewportSize({ width: PHONE_WIDTH, height: 800 });
    const person = await signedUp(page, "Hedwig");
    await open(page, PAGE);
    await expectToFit(page);
    for (const userAgent of [IPHONE, WINDOWS]) {
      await loggedIn(await (await anotherBrowser({ userAgent })).newPage(), person);
    }
    await open(page, PAGE);
    await expect(others(page)).toHaveCount(2);
    await expectToFit(page);
    await page.getByRole("button", { name: "Log out all other devices" }).click();
    await arrived(page, PAGE);
    await expect(page.getByRole("status")).toBeInViewport();
    await expectToFit(page);
  });
});

const here = (page: Page) => page.getByRole("region", { name: "This device" });
const elsewhere = (page: Page) => page.getByRole("region", { name: "Other devices" });
const others = (page: Page) => elsewhere(page).getByRole("listitem");

/** Logs in and opens a page, which brings the access token. */
async function tokenOf(page: Page, person: Person): Promise<string> {
  await loggedIn(page, person);
  await page.goto("/dashboard");
  return cookie(page.context(), ACCESS);
}

async function expectOutcome(page: Page, words: string): Promise<void> {
  await expect(page.getByRole("status")).toContainText(words);
  await expect(page.getByRole("status")).toBeFocused();
}

async function expectNowhereElse(page: Page): Promise<void> {
  await expect(elsewhere(page)).toContainText("You're not logged in on any other device.");
  await expect(others(page)).toHaveCount(0);
  await expect(elsewhere(page).getByRole("button")).toHaveCount(0);
}

async function expectLoggedOut(page: Page, reason: string): Promise<void> {
  await page.goto("/dashboard");
  await expect(page).toHaveURL("/login?next=%2Fdashboard");
  await expect(page.getByRole("main")).toContainText(reason);
}

async function expectLoggedIn(page: Page, person: Person): Promise<void> {
  await page.goto("/dashboard");
  await expect(page).toHaveURL("/dashboard");
  await expect(page.getByRole("main")).toContainText(person.email);
}

async function expectToFit(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(PHONE_WIDTH);
}
