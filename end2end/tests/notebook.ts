// The steps of the notes page.

import { type Locator, type Page, expect } from "@playwright/test";
import { open } from "./people.ts";

/** Opens the page and waits for the list: by then the API has answered. */
export async function openNotes(page: Page): Promise<void> {
  await open(page, "/notes");
  await expect(panel(page).answer).toHaveText("GET /api/v1/notes → 200");
}

/** Fills in a new note without saving it. */
export async function typeNote(page: Page, title: string, body = ""): Promise<void> {
  await page.getByRole("button", { name: "New note" }).click();
  await expect(page.getByLabel("Title")).toBeFocused();
  await page.getByLabel("Title").fill(title);
  await page.getByLabel("Text").fill(body);
}

export async function save(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Save", exact: true }).click();
}

export async function saved(page: Page): Promise<void> {
  await expect(saveState(page)).toHaveText("Saved");
}

/** What the editor says of its text: "Unsaved changes", "Saving…", "Saved". */
export function saveState(page: Page): Locator {
  return page.locator(".save-state");
}

/** Holds back whatever the notes page sends to be saved, as a slow line does, until it is let go. */
export async function holdSaves(page: Page): Promise<() => void> {
  const line = gate();
  await page.route(/\/api\/v1\/notes(\/|$)/, async (route) => {
    if (route.request().method() !== "GET") await line.passed;
    await route.fallback();
  });
  return line.open;
}

export async function deleteNote(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("group", { name: "Confirm deletion" }).getByRole("button", { name: "Delete" }).click();
}

export async function writeNote(page: Page, title: string, body = ""): Promise<void> {
  await typeNote(page, title, body);
  await save(page);
  await saved(page);
}

/** The notes in the list, from the top. */
export function titles(page: Page): Locator {
  return page.locator(".note-link-title");
}

export async function choose(page: Page, title: string): Promise<void> {
  await page.getByRole("region", { name: "Your notes" }).getByRole("button", { name: title }).click();
}

export async function expectTyped(page: Page, title: string, body: string): Promise<void> {
  await expect(page.getByLabel("Title")).toHaveValue(title);
  await expect(page.getByLabel("Text")).toHaveValue(body);
}

/** What the panel says about the access token. */
export function panel(page: Page) {
  const fact = (name: string) => page.getByRole("complementary").locator("div").filter({ hasText: name }).locator("dd");
  return {
    timeLeft: fact("Expires in"),
    renewals: fact("Times renewed"),
    answer: fact("Last API response"),
    async secondsLeftNow(): Promise<number> {
      await expect(this.timeLeft).toHaveText(/^(\d+ min )?\d+ s$/);
      const [, , minutes = 0, seconds] = /^((\d+) min )?(\d+) s$/.exec((await this.timeLeft.textContent()) ?? "") ?? [];
      return Number(minutes) * 60 + Number(seconds);
    },
  };
}

/** Something that a request waits for until the test lets it go on. */
export function gate(): { passed: Promise<void>; open: () => void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}
