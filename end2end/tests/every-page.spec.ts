// What holds for every page, whoever looks: it hydrates in silence, keeps nothing in the browser, works without a mouse,
// and axe finds nothing in it. One test for each page, which is loaded once for all of this.

import type { Page } from "@playwright/test";
import { findings } from "./axe.ts";
import { expect, test } from "./fixtures.ts";
import { ACCOUNT_PAGES, CONFIRM, EVERY_PAGE, REFUSALS, actAs } from "./pages.ts";
import { open } from "./people.ts";
import { forbiddenWords } from "./words.ts";

/** Pages with something below their heading that must not stick to it. */
const SPACED = ["/login", "/signup", "/dashboard", "/notes", ...ACCOUNT_PAGES, CONFIRM];
/** Pages of somebody who is logged in, with a navigation to skip and something to reach behind it. */
const SKIPPED = ["/dashboard", "/notes", ...ACCOUNT_PAGES];

const SPACE_PX = 12;

for (const { who, path } of EVERY_PAGE) {
  test(`${path}, as ${who}`, async ({ page, context, server, allowConsole }) => {
    allowConsole(REFUSALS);
    // The console says what does not hydrate; the fixture looks at it.
    await open(page, await actAs({ who, path }, context, server));
    if (path === "/notes") await expect(page.getByText("You don't have any notes yet.")).toBeVisible();
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expect(page).toHaveTitle(/\S · Latchkey$/);
    expect.soft(await keptInBrowser(page), "what scripts find").toEqual({ cookie: "", local: {}, session: {}, databases: 0, caches: 0 });
    if (SPACED.includes(path)) expect.soft(await spaceBelowHeading(page), "space below the heading").toBeGreaterThanOrEqual(SPACE_PX);
    if (who !== "visitor" && SKIPPED.includes(path)) await test.step("the skip link", () => expectSkipLink(page));
    await test.step("the keyboard", async () => expect.soft(await lostWithTab(page), "Tab reaches every control in order").toEqual([]));
    expect.soft(await forbiddenWords(page), "words that the product does not use").toEqual([]);
    await test.step("axe", async () => expect.soft(await findings(page, path)).toEqual([]));
  });
}

async function keptInBrowser(page: Page) {
  return page.evaluate(async () => ({
    cookie: document.cookie,
    local: { ...localStorage },
    session: { ...sessionStorage },
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
  }));
}

async function spaceBelowHeading(page: Page): Promise<number> {
  return page.evaluate(() => {
    const heading = document.querySelector("main h1");
    if (!heading) throw new Error("no heading");
    const later = [...document.querySelectorAll("main *")].filter((element) => {
      const follows = heading.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING;
      return follows && !heading.contains(element) && element.getBoundingClientRect().height > 1;
    });
    const tops = later.map((element) => element.getBoundingClientRect().top);
    return Math.min(...tops) - heading.getBoundingClientRect().bottom;
  });
}

/** It is the first stop and leads past the navigation. */
async function expectSkipLink(page: Page): Promise<void> {
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("main").locator(":focus")).toHaveCount(1);
}

/** Walks through the page with Tab. Each control that is not reached in its turn, or does not show it. */
async function lostWithTab(page: Page): Promise<string[]> {
  const controls = await page.evaluate(() => {
    // From the top, also where a field has the focus at once.
    document.body.tabIndex = -1;
    document.body.focus();
    const all = document.querySelectorAll<HTMLElement>("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']");
    const shown = [...all].filter((element) => element.checkVisibility({ visibilityProperty: true }));
    // Of a group of radio buttons the chosen one is the stop; arrows lead to the others.
    const stops = shown.filter((element) => !(element instanceof HTMLInputElement && element.type === "radio") || element.checked);
    for (const [number, element] of stops.entries()) element.dataset.stop = `${number}`;
    return stops.map((element) => element.outerHTML.slice(0, 80));
  });
  const lost = await lostOf(page, controls);
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    document.body.removeAttribute("tabindex");
    for (const element of document.querySelectorAll<HTMLElement>("[data-stop]")) delete element.dataset.stop;
  });
  return lost;
}

async function lostOf(page: Page, controls: string[]): Promise<string[]> {
  const lost: string[] = [];
  for (const [number, control] of controls.entries()) {
    await page.keyboard.press("Tab");
    let here = await focused(page);
    // A day is several stops in one control: day, month, year, calendar.
    for (let part = 1; part < 4 && here.type === "date" && here.stop === `${number - 1}`; part += 1) {
      await page.keyboard.press("Tab");
      here = await focused(page);
    }
    if (here.stop !== `${number}`) return [...lost, `Tab leads to stop ${here.stop ?? "nowhere"}, not to ${control}`];
    if (!here.shown) lost.push(`no sign of the focus: ${control}`);
  }
  return lost;
}

async function focused(page: Page): Promise<{ stop?: string; type?: string; shown: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLInputElement;
    // Where a label is drawn in place of the control, the sign is around that.
    const drawn = getComputedStyle(element).opacity === "0" ? (element.nextElementSibling ?? element) : element;
    const { outlineStyle, outlineWidth } = getComputedStyle(drawn);
    const { top, bottom } = element.getBoundingClientRect();
    const shown = outlineStyle !== "none" && parseFloat(outlineWidth) > 0 && bottom > 0 && top < innerHeight;
    return { stop: element.dataset.stop, type: element.type, shown };
  });
}
