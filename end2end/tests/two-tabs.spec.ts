// Two tabs of one person: neither takes anything from the other.

import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { choose, deleteNote, expectTyped, gate, openNotes, panel, save, saved, titles, typeNote, writeNote } from "./notebook.ts";
import { ACCESS, signedUp } from "./people.ts";

test("two tabs whose token expires at the same moment both go on working", async ({ page, allowConsole }) => {
  allowConsole(/401/);
  await signedUp(page, "Anna");
  const tabs = [page, await page.context().newPage()] as const;
  for (const [number, tab] of tabs.entries()) {
    await openNotes(tab);
    await typeNote(tab, `Tab ${number}`, "typed before");
    await saved(tab);
  }
  for (const round of [1, 2, 3]) {
    await page.context().clearCookies({ name: ACCESS });
    await renewTogether(tabs);
    await Promise.all(tabs.map((tab) => tab.getByLabel("Text").fill(`round ${round}`)));
    await Promise.all(tabs.map(save));
    await Promise.all(tabs.map(saved));
    for (const tab of tabs) {
      await expect(panel(tab).renewals).toHaveText(`${round}`);
      await expect(tab.getByRole("alert").filter({ hasText: /\S/ })).toHaveCount(0);
    }
  }
  await openNotes(page);
  await expect(titles(page)).toHaveText([/Tab/, /Tab/]);
  for (const number of [0, 1]) {
    await choose(page, `Tab ${number}`);
    await expectTyped(page, `Tab ${number}`, "round 3");
  }
});

/** Holds the renewal of each tab until both have asked. */
async function renewTogether(tabs: readonly Page[]): Promise<void> {
  const both = gate();
  let asked = 0;
  for (const tab of tabs) {
    await tab.unrouteAll();
    await tab.route("**/api/v1/token", async (route) => {
      asked += 1;
      if (asked === tabs.length) both.open();
      await both.passed;
      await route.continue();
    });
  }
}

test.describe("when two tabs have changed the same note", () => {
  test("'Keep my version' saves the own text, and the other one was shown", async ({ page, allowConsole }) => {
    allowConsole(/412/);
    const other = await conflict(page);
    await expect(page.getByRole("alert").filter({ hasText: "their text" })).toBeVisible();
    await expectTyped(page, "Plan", "my text");
    await page.getByRole("button", { name: "Keep my version" }).click();
    await saved(page);
    await expect(page.getByText("their text")).toHaveCount(0);
    await openNotes(other);
    await choose(other, "Plan");
    await expectTyped(other, "Plan", "my text");
  });

  test("'Use the other version' shows the other text, and nothing is left to save", async ({ page, allowConsole }) => {
    allowConsole(/412/);
    const other = await conflict(page);
    await page.getByRole("button", { name: "Use the other version" }).click();
    await expectTyped(page, "Plan", "their text");
    await saved(page);
    await openNotes(other);
    await choose(other, "Plan");
    await expectTyped(other, "Plan", "their text");
  });

  test("deleting a note deletes no text that was written elsewhere meanwhile", async ({ page, allowConsole }) => {
    allowConsole(/412/);
    const other = await bothOpen(page);
    await other.getByLabel("Text").fill("their text");
    await save(other);
    await saved(other);
    await deleteNote(page);
    await expect(page.getByRole("alert").filter({ hasText: "their text" })).toBeVisible();
    await openNotes(other);
    await expect(titles(other)).toHaveText(["Plan"]);
  });
});

/** Both tabs have the note open; the other one saves first. */
async function conflict(page: Page): Promise<Page> {
  const other = await bothOpen(page);
  await other.getByLabel("Text").fill("their text");
  await save(other);
  await saved(other);
  await page.getByLabel("Text").fill("my text");
  await save(page);
  await expect(page.getByRole("alert").filter({ hasText: "changed in another tab" })).toBeVisible();
  return other;
}

async function bothOpen(page: Page): Promise<Page> {
  await signedUp(page, "Berta");
  await openNotes(page);
  await writeNote(page, "Plan", "first text");
  const other = await page.context().newPage();
  await openNotes(other);
  await choose(other, "Plan");
  return other;
}
