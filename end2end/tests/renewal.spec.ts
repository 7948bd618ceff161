// The access token of the notes page: it renews silently, and its end costs no work. The page's clock is moved, not
// waited for; the server's is not touched.

import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { expectTyped, gate, openNotes, panel, save, saved, titles, typeNote, writeNote } from "./notebook.ts";
import { ACCESS, SESSION, cookie, signedUp } from "./people.ts";

const LIFETIME_SECONDS = 300;

test("the panel shows the token's life: the time left, renewals, the last answer", async ({ page }) => {
  await notesWithClock(page, "Anton");
  const { renewals, answer } = panel(page);
  // From here on the page's clock moves by what is asked of it and no more.
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 2_000));
  const before = await panel(page).secondsLeftNow();
  expect(before).toBeGreaterThan(LIFETIME_SECONDS - 60);
  expect(before).toBeLessThanOrEqual(LIFETIME_SECONDS);
  await expect(renewals).toHaveText("0");
  await expect(answer).toHaveText("GET /api/v1/notes → 200");

  await page.clock.runFor(10_000);
  await expect.poll(() => panel(page).secondsLeftNow()).toBe(before - 10);
});

test("the token renews itself before its end while somebody works", async ({ page }) => {
  await notesWithClock(page, "Boris");
  const before = await cookie(page.context(), ACCESS);
  await typeNote(page, "Work", "in progress");
  await page.clock.fastForward((LIFETIME_SECONDS - 20) * 1000);
  const { renewals } = panel(page);
  await expect(renewals).toHaveText("1");
  await page.clock.runFor(1_000);
  expect(await panel(page).secondsLeftNow()).toBeGreaterThan(LIFETIME_SECONDS - 30);
  expect(await cookie(page.context(), ACCESS)).not.toBe(before);
  await expectTyped(page, "Work", "in progress");

  // Once, not once a second.
  await page.clock.runFor(10_000);
  await expect(renewals).toHaveText("1");
});

test("a page that nobody uses lets its token end", async ({ page }) => {
  await notesWithClock(page, "Celia");
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.clock.fastForward((LIFETIME_SECONDS - 20) * 1000);
  await page.clock.runFor(30_000);
  await expect(panel(page).timeLeft).toHaveText("0 s");
  expect(asked).toEqual([]);
});

test("a laptop that was closed for an hour costs no work", async ({ page }) => {
  await notesWithClock(page, "Dario");
  await typeNote(page, "Flight", "typed before take-off");
  // While it was closed the browser dropped the cookie of the dead token.
  await page.context().clearCookies({ name: ACCESS });
  await page.clock.fastForward("01:00:00");
  await page.getByLabel("Text").fill("typed before and after");
  await save(page);
  await saved(page);
  await expect(panel(page).renewals).toHaveText("1");
  await openNotes(page);
  await expect(titles(page)).toHaveText(["Flight"]);
});

test("a token that is gone although it should live is renewed after one refusal", async ({ page, allowConsole }) => {
  allowConsole(/401/);
  await notesWithClock(page, "Elsa");
  await page.context().clearCookies({ name: ACCESS });
  const asked: string[] = [];
  page.on("request", (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
  await writeNote(page, "Kept", "through a refusal");
  expect(asked.slice(0, 3)).toEqual(["POST /api/v1/notes", "POST /api/v1/token", "POST /api/v1/notes"]);
  await expect(panel(page).renewals).toHaveText("1");
  await openNotes(page);
  await expect(titles(page)).toHaveText(["Kept"]);
});

test("calls at the same moment renew the token once", async ({ page }) => {
  await notesWithClock(page, "Fritz");
  await page.clock.fastForward("00:10:00");
  await expect(panel(page).timeLeft).toHaveText("0 s");
  const renewal = gate();
  let renewals = 0;
  await page.route("**/api/v1/token", async (route) => {
    renewals += 1;
    await renewal.passed;
    await route.continue();
  });
  // A search and a save: both find the token expired.
  await typeNote(page, "Both", "at once");
  await page.getByLabel("Search your notes").fill("at once");
  await page.clock.runFor(1_000);
  await save(page);
  renewal.open();
  await saved(page);
  await expect(titles(page)).toHaveText(["Both"]);
  expect(renewals).toBe(1);
});

test("a session that is over is said, and the text stays", async ({ page, allowConsole }) => {
  allowConsole(/401/);
  await notesWithClock(page, "Greta");
  await typeNote(page, "Late", "typed text");
  await page.context().clearCookies({ name: SESSION });
  await page.clock.fastForward("00:10:00");
  await save(page);
  await expect(page.getByRole("alert")).toContainText("You're logged out");
  await expect(page.getByRole("alert")).toBeFocused();
  await expectTyped(page, "Late", "typed text");
});

async function notesWithClock(page: Page, name: string): Promise<void> {
  await page.clock.install();
  await signedUp(page, name);
  await openNotes(page);
}
