// The overview of administration, with a history that a month has left behind.

import type { Page } from "@playwright/test";
import { findings } from "./axe.ts";
import { expect, test } from "./fixtures.ts";
import { DAYS, leaveAHistory } from "./history.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { REFUSALS } from "./pages.ts";
import { administrator, loggedIn, open, signedUp } from "./people.ts";

test.use({ database: "postgres" });

withAndWithoutJavaScript(({ open }) => {
  test("chart and table say the same, and each bar is as long as its number", async ({ page, server, sql }) => {
    await leaveAHistory(sql);
    await loggedIn(page, await administrator(server));
    await open(page, "/admin");
    await expect(page.getByRole("img", { name: /^Per day, .* Logins: [\d,]+ in all, at most [\d,]+ on/ })).toBeVisible();
    for (const [heading, classes] of [["Logins", ["up", "down"]], ["Sign-ups", ["up"]]] as const) {
      const card = page.getByRole("region", { name: heading, exact: true });
      await card.getByText("Numbers").click();
      const rows = await card.locator("tbody tr").evaluateAll((rows) =>
        rows.map((row) => [...row.querySelectorAll("td")].map((cell) => Number(cell.textContent?.replaceAll(",", "")))),
      );
      expect(rows).toHaveLength(DAYS);
      const days = (await card.locator(".chart-day").all()).reverse();
      expect(days).toHaveLength(DAYS);
      const lengths: number[][] = [];
      for (const [at, day] of days.entries()) {
        const told = (await day.locator("title").textContent()) ?? "";
        const numbers = [...told.replace(/^[^:]*:/, "").matchAll(/ ([\d,]+)/g)].map(([, number]) => Number(number?.replaceAll(",", "")));
        expect(numbers, told).toEqual(rows[at]);
        lengths.push(await Promise.all(classes.map((name) => height(day.locator(`.${name}`)))));
      }
      const unit = Math.max(...lengths.flat()) / Math.max(...rows.flat());
      for (const [at, row] of rows.entries()) {
        for (const [place, number] of row.entries()) {
          const length = lengths[at]?.[place] ?? 0;
          if (number === 0) expect(length).toBe(0);
          else expect(Math.abs(length - Math.max(number * unit, 2)), `${number} in ${heading}`).toBeLessThan(2);
        }
      }
    }
  });
});

withAndWithoutJavaScript(({ open, arrived }) => {
  test("a new administrator finds the first steps, and puts them away for good", async ({ page, server }) => {
    await loggedIn(page, await administrator(server));
    await open(page, "/admin");
    const steps = page.getByRole("region", { name: "First steps" });
    await expect(steps.getByRole("listitem").filter({ hasText: "Turn on two-factor authentication" })).toContainText("To do");
    await expect(steps.getByRole("listitem").filter({ hasText: "Invite your first user" })).toContainText("/signup");
    await steps.getByRole("link", { name: "Turn on two-factor authentication" }).click();
    await arrived(page, "/account/second-factor");
    await open(page, "/admin");
    await steps.getByRole("button", { name: "Open the Lab" }).click();
    await arrived(page, "/lab");
    await open(page, "/admin");
    await expect(steps.getByRole("listitem").filter({ hasText: "Open the Lab" })).toContainText("Done");
    await steps.getByRole("button", { name: "Hide first steps" }).click();
    await arrived(page, "/admin");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Overview");
    await expect(steps).toHaveCount(0);
    await open(page, "/admin");
    await expect(steps).toHaveCount(0);
  });
});

test("nothing is wrong with it for axe, wide and on a phone, in light and in dark", async ({ page, server, sql }) => {
  await leaveAHistory(sql);
  await loggedIn(page, await administrator(server));
  await open(page, "/admin");
  expect(await findings(page, "the overview")).toEqual([]);
  for (const numbers of await page.getByText("Numbers").all()) await numbers.click();
  expect(await findings(page, "the overview with its numbers")).toEqual([]);
});

test("each figure leads to where one can act", async ({ page, server }) => {
  await loggedIn(page, await administrator(server));
  await open(page, "/dashboard");
  await page.getByRole("link", { name: "Admin", exact: true }).click();
  await expect(page).toHaveURL("/admin");
  const hrefs = await page.locator("dl.tiles a").evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
  expect(hrefs).toEqual(expect.arrayContaining(["/admin/users", "/admin/sessions", "/admin/keys"]));
  // The audit log has a branch and a test of its own.
  for (const href of hrefs) {
    const response = await page.goto(href.startsWith("#") ? `/admin${href}` : href);
    expect(response?.status() ?? 200, href).toBe(200);
  }
});

test("what was measured of this server is there", async ({ page, server, anotherBrowser }) => {
  const victim = await signedUp(await (await anotherBrowser()).newPage(), "Vera");
  await server.cli(["force-logout", "--user", victim.email, "--json"]);
  await loggedIn(page, await administrator(server));
  await open(page, "/admin");
  const row = page.getByRole("table").filter({ hasText: "From other instances" }).getByRole("row").nth(1);
  await expect(row).toContainText(/\d+ ms median, \d+ ms p99 ?\d+ revocations? since it started/);
  await expect(row).toContainText(/Yes, (just now|(a minute|\d+ \w+) ago)/);
});

test("who administers nothing does not see it", async ({ page, allowConsole }) => {
  allowConsole(REFUSALS);
  await signedUp(page, "Nosy");
  await page.goto("/admin");
  await expect(page.getByRole("heading", { name: "You don't have access" })).toBeVisible();
});

async function height(bar: ReturnType<Page["locator"]>): Promise<number> {
  return (await bar.count()) === 0 ? 0 : ((await bar.boundingBox())?.height ?? 0);
}
