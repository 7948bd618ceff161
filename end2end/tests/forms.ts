// What a form that was refused must do.

import { type Locator, type Page, expect } from "@playwright/test";

/** Marked, explained where it is, and the explanation stands in a live region. */
export async function expectWrong(field: Locator, words: RegExp): Promise<void> {
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription(words);
  const describedBy = (await field.getAttribute("aria-describedby")) ?? "";
  const descriptions = field.page().locator(describedBy.split(" ").map((id) => `#${id}`).join(", "));
  await expect(descriptions.and(field.page().locator("[aria-live]"))).toHaveText(words);
}

/** The problem that belongs to no field: announced at once, and where the focus is. */
export async function expectAnnounced(page: Page, words: RegExp): Promise<void> {
  const problem = page.locator("[aria-live=assertive]");
  await expect(problem).toContainText(words);
  await expect(problem).toBeFocused();
}
