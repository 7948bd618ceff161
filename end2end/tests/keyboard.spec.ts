// Without a mouse. That each control of each page is reached: every-page.spec.ts.

import type { Locator, Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { openNotes, saved, titles } from "./notebook.ts";
import { arrived, open, passwordField, signedUp, somebody } from "./people.ts";

/** More than any page here has controls. */
const TABS_MAX = 40;

test("a person signs up, logs out, logs in and writes a note without a mouse", async ({ page }) => {
  const person = somebody("Tabea");
  await open(page, "/");
  await follow(page, page.getByRole("banner").getByRole("link", { name: "Sign up" }));
  await arrived(page, "/signup");
  await type(page, page.getByLabel("Name"), person.name);
  await type(page, page.getByLabel("Email"), person.email);
  await type(page, passwordField(page), person.password);
  await page.keyboard.press("Enter");
  await arrived(page, "/dashboard");

  await follow(page, page.getByRole("button", { name: "Log out" }));
  await arrived(page, "/");
  await follow(page, page.getByRole("banner").getByRole("link", { name: "Log in" }));
  await arrived(page, "/login");
  await type(page, page.getByLabel("Email"), person.email);
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

test("saving with Ctrl+S leaves the cursor where it was, also in a new note", async ({ page }) => {
  await signedUp(page, "Ute");
  await openNotes(page);
  await follow(page, page.getByRole("button", { name: "New note" }));
  await expect(page.getByLabel("Title")).toBeFocused();
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

test("deleting asks first, and the focus is never lost, not even until the next frame", async ({ page }) => {
  // As on a machine that is too busy to draw: what is typed at once still lands where the focus was going.
  await page.addInitScript(() => (window.requestAnimationFrame = () => 0));
  await signedUp(page, "Urs");
  await openNotes(page);
  await follow(page, page.getByRole("button", { name: "New note" }));
  await page.keyboard.type("Short-lived");
  await page.keyboard.press("Control+s");
  await saved(page);
  await follow(page, page.getByRole("button", { name: "Delete" }));
  await expect(page.getByRole("group", { name: "Confirm deletion" }).getByRole("button", { name: "Delete" })).toBeFocused();
  await follow(page, page.getByRole("button", { name: "Cancel" }));
  await expect(page.getByRole("button", { name: "Delete" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("group", { name: "Confirm deletion" }).getByRole("button", { name: "Delete" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(titles(page)).toHaveCount(0);
  await expect(page.locator("body")).not.toBeFocused();
});

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
