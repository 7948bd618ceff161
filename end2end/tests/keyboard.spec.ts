// Without a mouse.

import type { Locator, Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { openNotes, saved, titles } from "./notebook.ts";
import { ACCOUNT_PAGES, REFUSALS, WALKERS, everyPageAs } from "./pages.ts";
import { arrived, open, passwordField, signedUp, somebody } from "./people.ts";

/** More than any page here has controls. */
const TABS_MAX = 40;

test("a person signs up, logs out, logs in and writes a note without a mouse", async ({ page }) => {
  const person = somebody("Tabea");
  await open(page, "/");
  await follow(page, page.getByRole("banner").getByRole("link", { name: "Sign up" }));
  await arrived(page, "/signup");
  await type(page, page.getByLabel("Name"), person.name);
  await type(page, page.getByLabel("E-mail"), person.email);
  await type(page, passwordField(page), person.password);
  await page.keyboard.press("Enter");
  await arrived(page, "/dashboard");

  await follow(page, page.getByRole("button", { name: "Log out" }));
  await arrived(page, "/");
  await follow(page, page.getByRole("banner").getByRole("link", { name: "Log in" }));
  await arrived(page, "/login");
  await type(page, page.getByLabel("E-mail"), person.email);
  await type(page, passwordField(page), person.password);
  await follow(page, page.getByRole("main").getByRole("button", { name: "Log in" }));
  await arrived(page, "/dashboard");

  await follow(page, page.getByRole("banner").getByRole("link", { name: "Notes" }));
  await arrived(page, "/notes");
  await follow(page, page.getByRole("button", { name: "New note" }));
  await expect(page.getByLabel("Title")).toBeFocused();
  await page.keyboard.type("By hand");
  await type(page, page.getByLabel("Text"), "no mouse");
  await follow(page, page.getByRole("button", { name: "Save", exact: true }));
  await saved(page);
  await expect(titles(page)).toHaveText(["By hand"]);
});

test("the skip link is the first stop and leads past the navigation", async ({ page }) => {
  await signedUp(page, "Uwe");
  for (const path of ["/dashboard", "/notes", ...ACCOUNT_PAGES]) {
    await open(page, path);
    await page.keyboard.press("Tab");
    const skip = page.getByRole("link", { name: "Skip to the content" });
    await expect(skip).toBeFocused();
    await expect(skip).toBeInViewport();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("main")).toBeFocused();
    await page.keyboard.press("Tab");
    await expect(page.getByRole("main").locator(":focus")).toHaveCount(1);
  }
});

test("saving with Ctrl+S leaves the cursor where it was, also in a new note", async ({ page }) => {
  await signedUp(page, "Ute");
  await openNotes(page);
  await follow(page, page.getByRole("button", { name: "New note" }));
  await page.keyboard.type("Quick");
  await type(page, page.getByLabel("Text"), "one");
  for (const more of [" two", " three"]) {
    await page.keyboard.press("Control+s");
    await saved(page);
    await expect(page.getByLabel("Text")).toBeFocused();
    await page.keyboard.type(more);
  }
  await expect(page.getByLabel("Text")).toHaveValue("one two three");
});

test("deleting asks first, and the focus is never lost", async ({ page }) => {
  await signedUp(page, "Urs");
  await openNotes(page);
  await follow(page, page.getByRole("button", { name: "New note" }));
  await page.keyboard.type("Short-lived");
  await page.keyboard.press("Control+s");
  await saved(page);
  await follow(page, page.getByRole("button", { name: "Delete" }));
  await expect(page.getByRole("button", { name: "Yes, delete" })).toBeFocused();
  await follow(page, page.getByRole("button", { name: "No, keep" }));
  await expect(page.getByRole("button", { name: "Delete" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Yes, delete" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(titles(page)).toHaveCount(0);
  await expect(page.locator("body")).not.toBeFocused();
});

for (const walker of WALKERS) {
  test(`every control is reached with Tab, in order, and shows that it has the focus, as ${walker}`, async ({
    page,
    server,
    allowConsole,
  }) => {
    test.slow();
    allowConsole(REFUSALS);
    const found: string[] = [];
    await everyPageAs(walker, page, server, async ({ who, path }) => {
      await open(page, path);
      if (path === "/notes") await expect(page.getByText("No notes yet.")).toBeVisible();
      found.push(...(await lostWithTab(page)).map((what) => `${path} as ${who}: ${what}`));
    });
    expect(found).toEqual([]);
  });
}

/** Walks through the page with Tab. Each control that is not reached in its turn, or does not show it. */
async function lostWithTab(page: Page): Promise<string[]> {
  const lost: string[] = [];
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

/** Goes on with Tab until the control has the focus. */
async function reach(page: Page, control: Locator): Promise<void> {
  await expect(control).toBeVisible();
  const here = () => control.evaluate((element) => element === document.activeElement);
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    if (await here()) return;
    await page.keyboard.press("Tab");
  }
  await expect(control, `reached within ${TABS_MAX} times Tab`).toBeFocused();
}

async function follow(page: Page, control: Locator): Promise<void> {
  await reach(page, control);
  await page.keyboard.press("Enter");
}

async function type(page: Page, field: Locator, text: string): Promise<void> {
  await reach(page, field);
  await page.keyboard.type(text);
}
