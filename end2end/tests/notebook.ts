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
  // A frame later the page puts the cursor there: what is typed before would land in the wrong field.
  await expect(page.getByLabel("Title")).toBeFocused();
  await page.getByLabel("Title").fill(title);
  await page.getByLabel("Text").fill(body);
}

export async function save(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Save", exact: true }).click();
}

export async function saved(page: Page): Promise<void> {
  await expect(page.getByText(/^Saved \d{4}-/)).toBeVisible();
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
    secondsLeft: fact("Seconds left"),
    renewals: fact("Renewals so far"),
    answer: fact("Last answer"),
    async secondsLeftNow(): Promise<number> {
      await expect(this.secondsLeft).toHaveText(/^\d+$/);
      return Number(await this.secondsLeft.textContent());
    },
  };
}

/** Something that a request waits for until the test lets it go on. */
export function gate(): { passed: Promise<void>; open: () => void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}
