// Times are in the reader's zone; without JavaScript they are in UTC, and say so.

import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { WITHOUT_JAVASCRIPT } from "./javascript.ts";
import { loggedIn, open, signedUp } from "./people.ts";

/** Half an hour off, so that no server in UTC writes it by chance. */
const ZONE = "Australia/Adelaide";

const inZone = (at: string, form: Intl.DateTimeFormatOptions) =>
  new Date(at).toLocaleString("en-GB", { timeZone: ZONE, ...form });

test.describe("somebody in Adelaide", () => {
  test.use({ timezoneId: ZONE });

  test("reads the hours and days of Adelaide on the activity page", async ({ page }) => {
    await page.addInitScript(() => {
      const shifts: number[] = [];
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
      }).observe({ type: "layout-shift", buffered: true });
    });
    const person = await signedUp(page, "Asha");
    await loggedIn(page, person);
    await open(page, "/account/activity");
    const times = page.getByRole("main").locator("li > time");
    for (const time of await times.all()) {
      const at = (await time.getAttribute("datetime"))!;
      await expect(time).toHaveText(inZone(at, { hour: "2-digit", minute: "2-digit" }));
      await expect(time).toHaveAttribute("title", new RegExp(`\\(${ZONE}\\)$`));
      const day = inZone(at, { day: "numeric", month: "long", year: "numeric" });
      await expect(page.getByRole("region", { name: day }).locator(`time[datetime="${at}"]`).first()).toBeVisible();
    }
    expect(await times.count()).toBeGreaterThan(1);
    await expect(page.getByRole("main")).not.toContainText("UTC");
    expect(await page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts), "nothing moved").toEqual([]);
  });

  test("reads exact times without UTC, also those that come later", async ({ page }) => {
    await signedUp(page, "Bina");
    await open(page, "/dashboard");
    await expect(page.getByRole("main").locator("time").first()).toHaveAttribute("title", /\(Australia\/Adelaide\)$/);
    await page.evaluate(() => {
      const time = Object.assign(document.createElement("time"), { dateTime: "2026-01-01T12:00Z" });
      time.textContent = "1 January 2026 at 12:00 UTC";
      document.querySelector("main")?.append(time);
    });
    await expect(page.locator("time").last()).toHaveText("1 January 2026 at 22:30");
  });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false, timezoneId: ZONE });

  test("the page says that it is UTC", async ({ page, allowConsole }) => {
    allowConsole(WITHOUT_JAVASCRIPT);
    await signedUp(page, "Chitra");
    await page.goto("/account/activity");
    await expect(heading(page)).toContainText("UTC");
  });
});

const heading = (page: Page) => page.getByRole("main").getByRole("heading", { level: 2 }).first();
