// axe finds nothing, on any page and in the states that pages get into, in light and dark, wide and narrow.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import type { AxeResults } from "axe-core";
import { expect, test } from "./fixtures.ts";
import { choose, openNotes, save, saved, typeNote, writeNote } from "./notebook.ts";
import { ACCOUNT_PAGES, CONFIRM, REFUSALS, everyPage } from "./pages.ts";
import {
  SESSION,
  administrator,
  enterAndLogIn,
  findPerson,
  forceLogout,
  loggedIn,
  loggedOutDialog,
  open,
  signedUp,
  stayOnPage,
} from "./people.ts";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const WIDTHS = [1280, 390];
const SCHEMES = ["light", "dark"] as const;

test.slow();

test("every page", async ({ page, server, allowConsole }) => {
  const found: string[] = [];
  allowConsole(REFUSALS);
  await everyPage(page, server, async ({ who, path }) => {
    await open(page, path);
    if (path === "/notes") await expect(page.getByText("No notes yet.")).toBeVisible();
    found.push(...(await findings(page, `${path} as ${who}`)));
  });
  expect(found).toEqual([]);
});

test("forms with problems", async ({ page, allowConsole }) => {
  const found: string[] = [];
  allowConsole(/401|422/);
  await open(page, "/signup");
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByLabel("Name")).toBeFocused();
  found.push(...(await findings(page, "a sign-up with wrong fields")));
  await open(page, "/login");
  await enterAndLogIn(page, { email: "nobody@example.com", password: "not the password" });
  await expect(page.locator("[aria-live=assertive]")).toContainText("Check both");
  found.push(...(await findings(page, "a failed log-in")));
  expect(found).toEqual([]);
});

test("notes: written, pinned, about to be deleted, in conflict, logged out", async ({ page, allowConsole }) => {
  const found: string[] = [];
  allowConsole(/401|412/);
  await signedUp(page, "Axel");
  await openNotes(page);
  await writeNote(page, "Plan", "first text");
  await page.getByRole("button", { name: "Pin", exact: true }).click();
  await expect(page.getByRole("button", { name: "Unpin" })).toBeVisible();
  await typeNote(page, "Draft", "not saved");
  await page.getByRole("button", { name: "Discard" }).click();
  found.push(...(await findings(page, "a note about to be deleted")));

  await choose(page, "Plan");
  const other = await page.context().newPage();
  await openNotes(other);
  await choose(other, "Plan");
  await other.getByLabel("Text").fill("their text");
  await save(other);
  await saved(other);
  await page.getByLabel("Text").fill("my text");
  await save(page);
  await expect(page.getByRole("button", { name: "Keep mine" })).toBeVisible();
  found.push(...(await findings(page, "a conflict")));

  await page.context().clearCookies();
  await choose(other, "Plan");
  await other.getByLabel("Text").fill("typed too late");
  await save(other);
  await expect(other.getByRole("alert")).toBeFocused();
  found.push(...(await findings(other, "logged out while writing")));
  expect((await other.context().cookies()).map(({ name }) => name)).not.toContain(SESSION);
  expect(found).toEqual([]);
});

test("a force-logout: the receipt, and what the person is told", async ({ page, server, anotherBrowser }) => {
  const found: string[] = [];
  const victim = await signedUp(page, "Anja");
  await open(page, "/dashboard");
  const admin = await (await anotherBrowser()).newPage();
  await loggedIn(admin, await administrator(server));
  await findPerson(admin, victim);
  await forceLogout(admin, "test");
  await expect(admin.getByRole("status")).toContainText("ended");
  found.push(...(await findings(admin, "the receipt")));
  await expect(loggedOutDialog(page)).toBeVisible();
  found.push(...(await findings(page, "the reason over the open page")));
  await stayOnPage(page);
  found.push(...(await findings(page, "the page after that")));
  await open(page, "/dashboard");
  found.push(...(await findings(page, "the reason on the log-in page")));
  expect(found).toEqual([]);
});

/** Everything that is wrong in this state of the page: one line each, short enough to read in a report. */
async function findings(page: Page, what: string): Promise<string[]> {
  const found: string[] = [];
  await page.evaluate(AXE);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    const needed = await page.evaluate(() => document.documentElement.scrollWidth);
    if (needed > width) found.push(`${what}, ${width} px: needs ${needed} px`);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
      // Light or dark changes colours only, so the second round looks at nothing else.
      const rules = colorScheme === "light" ? undefined : ["color-contrast"];
      const where = `${what}, ${width} px, ${colorScheme}`;
      found.push(...(await violations(page, rules)).map((violation) => `${where}: ${violation}`));
    }
  }
  return found;
}

/** "rule: selector". All rules, or only these. */
async function violations(page: Page, rules?: string[]): Promise<string[]> {
  const results = await page.evaluate((runOnly) => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } };
    return axe.run(runOnly ? { runOnly, resultTypes: ["violations"] } : { resultTypes: ["violations"] });
  }, rules);
  return results.violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}

test("nothing sticks to the heading of a page", async ({ page }) => {
  const gap = () =>
    page.evaluate(() => {
      const heading = document.querySelector("main h1");
      if (!heading) throw new Error("no heading");
      const later = [...document.querySelectorAll("main *")].filter((element) => {
        const follows = heading.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING;
        return follows && !heading.contains(element) && element.getBoundingClientRect().height > 1;
      });
      const tops = later.map((element) => element.getBoundingClientRect().top);
      return Math.min(...tops) - heading.getBoundingClientRect().bottom;
    });
  for (const path of ["/login", "/signup"]) {
    await open(page, path);
    expect(await gap(), path).toBeGreaterThanOrEqual(12);
  }
  await signedUp(page, "Spacer");
  for (const path of ["/dashboard", "/notes", ...ACCOUNT_PAGES, CONFIRM]) {
    await open(page, path);
    expect(await gap(), path).toBeGreaterThanOrEqual(12);
  }
});
