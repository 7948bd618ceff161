// The notes: a section that talks to the API only.

import { expect, test } from "./fixtures.ts";
import { expectWrong } from "./forms.ts";
import {
  choose,
  deleteNote,
  expectTyped,
  gate,
  holdSaves,
  openNotes,
  save,
  saveState,
  saved,
  titles,
  typeNote,
  writeNote,
} from "./notebook.ts";
import { open, signedUp } from "./people.ts";

test("a person writes, changes, pins and deletes notes", async ({ page }) => {
  await signedUp(page, "Alma");
  await openNotes(page);
  await expect(page.getByText("You don't have any notes yet.")).toBeVisible();

  await writeNote(page, "Shopping", "milk, bread");
  await writeNote(page, "Birthdays", "Ben: May");
  await expect(titles(page)).toHaveText(["Birthdays", "Shopping"]);

  await choose(page, "Shopping");
  await expectTyped(page, "Shopping", "milk, bread");
  await page.getByLabel("Text").fill("milk, bread, salt");
  await expect(page.getByText("Unsaved changes")).toBeVisible();
  await save(page);
  await saved(page);
  // The note that was changed last moves up: until it has, the place of the other one is not settled.
  await expect(titles(page)).toHaveText(["Shopping", "Birthdays"]);

  await choose(page, "Birthdays");
  await page.getByRole("button", { name: "Pin", exact: true }).click();
  await expect(page.getByRole("button", { name: "Unpin" })).toBeVisible();
  await expect(titles(page)).toHaveText(["Birthdays", "Shopping"]);

  // Another document, so that what is shown is what the server has.
  await openNotes(page);
  await expect(page.getByRole("button", { name: "Birthdays" })).toContainText("Pinned");
  await choose(page, "Shopping");
  await expectTyped(page, "Shopping", "milk, bread, salt");
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await deleteNote(page);
  await expect(titles(page)).toHaveText(["Birthdays"]);
  await openNotes(page);
  await expect(titles(page)).toHaveText(["Birthdays"]);
});

test("the section speaks to nothing but the API once it is loaded", async ({ page }) => {
  await signedUp(page, "Bert");
  await openNotes(page);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
  await writeNote(page, "One", "text");
  await expect(titles(page)).toHaveText(["One"]);
  await page.getByRole("button", { name: "Pin", exact: true }).click();
  await expect(page.getByRole("button", { name: "Unpin" })).toBeVisible();
  expect(asked.filter((request) => !/ \/api\/v1\/notes/.test(request))).toEqual([]);
  expect(asked).toContain("POST /api/v1/notes");
});

test("a search finds words in titles and texts by their beginnings", async ({ page }) => {
  await signedUp(page, "Cora");
  await openNotes(page);
  await writeNote(page, "Tax", "100% of it");
  await writeNote(page, "Holidays", "1000 miles");
  await writeNote(page, "snake_case", "");
  const search = page.getByLabel("Search your notes");
  for (const [words, found] of [
    ["miles", ["Holidays"]],
    ["TAX", ["Tax"]],
    ["100%", ["Tax"]],
    ["10", ["Holidays", "Tax"]],
    ["case sna", ["snake_case"]],
    ["", ["snake_case", "Holidays", "Tax"]],
  ] as const) {
    await search.fill(words);
    await expect(titles(page)).toHaveText([...found]);
  }
  await search.fill("nothing like it");
  await expect(page.getByText("No notes match your search.")).toBeVisible();
});

test("a note that the server does not take is told beside it, and the text stays", async ({ page, allowConsole }) => {
  allowConsole(/status of 429/);
  await signedUp(page, "Dora");
  await openNotes(page);
  await typeNote(page, "");
  const words = "You've reached the limit of 2,000 notes. Delete one, then save again.";
  const problem = { code: "notes_full", detail: words };
  const room = await page.locator("#save-refused").evaluate((place) => place.getBoundingClientRect().height);
  expect(room, "none while there is nothing to say").toBe(0);
  await page.route("**/api/v1/notes", (route) =>
    route.request().method() === "POST"
      ? route.fulfill({ status: 429, contentType: "application/problem+json", body: JSON.stringify(problem) })
      : route.fallback(),
  );
  await page.getByLabel("Title").fill("One too many");
  await page.getByLabel("Text").fill("all that I wrote");
  await save(page);
  const notice = page.locator("#save-refused .notice");
  await expect(notice).toContainText(words);
  const [text, box] = [await page.getByLabel("Text").boundingBox(), await notice.boundingBox()];
  expect((box?.y ?? 0) - (text?.y ?? 0) - (text?.height ?? 0), "room between the text and the box").toBeGreaterThanOrEqual(8);
  await expectTyped(page, "One too many", "all that I wrote");
  await page.unroute("**/api/v1/notes");
  await save(page);
  await saved(page);
  await expect(page.getByText(words)).toHaveCount(0);
});

test("a title or a text that is too long is told at its field until that is changed", async ({ page, allowConsole }) => {
  allowConsole(/status of 422/);
  await page.setViewportSize({ width: 390, height: 600 });
  await signedUp(page, "Doro");
  await openNotes(page);
  await typeNote(page, "", "short");
  const [title, text] = [page.getByLabel("Title"), page.getByLabel("Text")];
  await title.fill("x".repeat(201));
  await text.fill("y".repeat(20_001));
  await text.press("Control+s");
  await expectWrong(title, /^Shorten the title to 200 characters\.$/);
  await expectWrong(text, /^Shorten the note to 20,000 characters\.$/);
  await expect(page.getByText("Shorten the title")).toBeInViewport();
  await expect(text, "whoever writes goes on writing").toBeFocused();
  await expect(page.locator("#save-refused")).toBeEmpty();

  await title.fill("x".repeat(200));
  await expect(title).not.toHaveAttribute("aria-invalid", "true");
  await expect(title).toHaveAccessibleDescription("");
  await expectWrong(text, /Shorten the note/);
  await text.fill("y".repeat(20_000));
  await expect(text).not.toHaveAttribute("aria-invalid", "true");
  await save(page);
  await saved(page);
});

test("nobody sees the notes of somebody else", async ({ page, anotherBrowser }) => {
  await signedUp(page, "Dirk");
  await openNotes(page);
  await writeNote(page, "Mine", "secret");
  const other = await (await anotherBrowser()).newPage();
  await signedUp(other, "Emma");
  await openNotes(other);
  await expect(other.getByText("You don't have any notes yet.")).toBeVisible();
  await other.getByLabel("Search your notes").fill("secret");
  await expect(other.getByText("No notes match your search.")).toBeVisible();
});

test("what is typed in one note stays while another is open", async ({ page }) => {
  await signedUp(page, "Finn");
  await openNotes(page);
  await writeNote(page, "First", "one");
  await writeNote(page, "Second", "two");
  // The list is read again after a save: until then another note may come under the pointer.
  await expect(titles(page)).toHaveText(["Second", "First"]);
  const letGo = await holdSaves(page);
  await page.getByLabel("Text").fill("two and a half");
  await choose(page, "First");
  await expectTyped(page, "First", "one");
  await expect(page.getByRole("button", { name: "Second" })).toContainText("Unsaved");
  await choose(page, "Second");
  await expectTyped(page, "Second", "two and a half");
  letGo();
  await saved(page);
});

test("what is typed while the answer is on its way stays", async ({ page }) => {
  await signedUp(page, "Gerd");
  await openNotes(page);
  await typeNote(page, "Slow", "first");
  const answer = gate();
  await page.route("**/api/v1/notes", async (route) => {
    if (route.request().method() === "POST") await answer.passed;
    await route.continue();
  });
  await save(page);
  await expect(saveState(page)).toHaveText("Saving…");
  await page.getByLabel("Text").pressSequentially(", second");
  const letGo = await holdSaves(page);
  answer.open();
  await expect(titles(page)).toHaveText(["Slow"]);
  await expectTyped(page, "Slow", "first, second");
  await expect(saveState(page)).not.toHaveText("Saved");
  letGo();
  await save(page);
  await saved(page);
  await openNotes(page);
  await choose(page, "Slow");
  await expectTyped(page, "Slow", "first, second");
});

test("a lost connection is said, the text stays, and 'Try again' saves it", async ({ page, allowConsole }) => {
  allowConsole(/ERR_FAILED/);
  await signedUp(page, "Hugo");
  await openNotes(page);
  // The browser does not know of it: no word that the connection is back saves the note by itself.
  await page.route("**/api/v1/notes", (route) => route.abort());
  await typeNote(page, "Train", "in a tunnel");
  await expect(page.getByRole("alert")).toContainText("couldn't reach the server");
  await expectTyped(page, "Train", "in a tunnel");

  await page.unroute("**/api/v1/notes");
  await page.getByRole("button", { name: "Try again" }).click();
  await saved(page);
  await expect(page.getByLabel("Text"), "the button is gone, and the cursor is where one goes on").toBeFocused();
  await expect(page.getByRole("alert").filter({ hasText: /\S/ })).toHaveCount(0);
  await openNotes(page);
  await expect(titles(page)).toHaveText(["Train"]);
});

test("on a phone a save that fails is seen at once, and the cursor stays in the text", async ({ page, allowConsole }) => {
  allowConsole(/ERR_INTERNET_DISCONNECTED/);
  await page.setViewportSize({ width: 390, height: 600 });
  await signedUp(page, "Heike");
  await openNotes(page);
  for (const title of ["One", "Two", "Three"]) await writeNote(page, title);
  await typeNote(page, "Train", "in a tunnel");
  await page.getByRole("button", { name: "Save", exact: true }).scrollIntoViewIfNeeded();
  await expect(page.getByRole("heading", { level: 1 }), "the top of the page is far above").not.toBeInViewport();
  await page.context().setOffline(true);
  await page.keyboard.press("Control+s");
  await expect(page.getByRole("alert").getByRole("button", { name: "Try again" })).toBeInViewport({ ratio: 1 });
  await expect(page.getByLabel("Text")).toBeFocused();
  await page.context().setOffline(false);
});

test("where nothing is open, 'Try again' leads to the search", async ({ page, allowConsole }) => {
  allowConsole(/status of 503/);
  await signedUp(page, "Hilde");
  await page.route("**/api/v1/notes?q=*", (route) => route.fulfill({ status: 503, body: "" }));
  await open(page, "/notes");
  await expect(page.getByRole("alert")).toContainText("Try again in a moment");
  await page.unroute("**/api/v1/notes?q=*");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("You don't have any notes yet.")).toBeVisible();
  await expect(page.getByLabel("Search your notes")).toBeFocused();
});

test("the browser asks before it closes a page with text that is not saved", async ({ page }) => {
  await signedUp(page, "Iris");
  await openNotes(page);
  const letGo = await holdSaves(page);
  await typeNote(page, "Half a", "thought");
  const asked = page.waitForEvent("dialog");
  const leaving = page.goto("/dashboard").catch(() => undefined);
  const dialog = await asked;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.dismiss();
  await leaving;
  await expectTyped(page, "Half a", "thought");

  letGo();
  await save(page);
  await saved(page);
  // Nothing is asked now: a dialog that nobody answers would keep the page.
  await open(page, "/dashboard");
});

test("a note that was deleted in another tab is saved as a new one", async ({ page, allowConsole }) => {
  allowConsole(/404/);
  await signedUp(page, "Jule");
  await openNotes(page);
  await writeNote(page, "Shared", "old");
  const other = await page.context().newPage();
  await openNotes(other);
  await choose(other, "Shared");
  await deleteNote(other);
  await expect(titles(other)).toHaveCount(0);

  await page.getByLabel("Text").fill("new");
  await save(page);
  await expect(page.getByRole("alert")).toContainText("deleted elsewhere");
  await expectTyped(page, "Shared", "new");
  await page.getByRole("button", { name: "Try again" }).click();
  await saved(page);
  await openNotes(page);
  await choose(page, "Shared");
  await expectTyped(page, "Shared", "new");
});

test("an older list that is answered late does not take the place of a newer one", async ({ page }) => {
  await signedUp(page, "Zita");
  await openNotes(page);
  await writeNote(page, "Shopping", "milk");
  await writeNote(page, "Birthdays", "Ben: May");
  await expect(titles(page)).toHaveText(["Birthdays", "Shopping"]);
  const late = gate();
  let lists = 0;
  await page.route("**/api/v1/notes?q=*", async (route) => {
    lists += 1;
    if (lists > 1) return route.continue();
    const response = await route.fetch();
    await late.passed;
    await route.fulfill({ response });
  });
  await choose(page, "Shopping");
  await page.getByLabel("Text").fill("milk, salt");
  await save(page);
  await expect.poll(() => lists).toBe(1);
  await choose(page, "Birthdays");
  await page.getByRole("button", { name: "Pin", exact: true }).click();
  const birthdays = page.getByRole("button", { name: "Birthdays" });
  await expect(birthdays).toContainText("Pinned");

  const answered = page.waitForResponse("**/api/v1/notes?q=*");
  late.open();
  await (await answered).finished();
  // A round trip of the page's own: by its end the page has taken in what came before.
  await page.evaluate(() => fetch("/healthz"));
  await expect(birthdays).toContainText("Pinned");
  await expect(titles(page)).toHaveText(["Birthdays", "Shopping"]);
});

test("a note saves itself while one writes, and says so", async ({ page }) => {
  await signedUp(page, "Selma");
  await openNotes(page);
  await typeNote(page, "Diary", "Monday");
  await expect(saveState(page)).toHaveText("Unsaved changes");
  await saved(page);
  await expect(page.getByLabel("Text"), "the cursor stays").toBeFocused();
  await page.getByLabel("Text").pressSequentially(" and Tuesday");
  await saved(page);
  await openNotes(page);
  await expect(titles(page), "one note").toHaveText(["Diary"]);
  await choose(page, "Diary");
  await expectTyped(page, "Diary", "Monday and Tuesday");
});

test("what two tabs wrote is in conflict although both save by themselves", async ({ page, allowConsole }) => {
  allowConsole(/412/);
  await signedUp(page, "Konrad");
  await openNotes(page);
  await writeNote(page, "Plan", "first text");
  const other = await page.context().newPage();
  await openNotes(other);
  await choose(other, "Plan");
  await other.getByLabel("Text").fill("their text");
  await saved(other);
  await page.getByLabel("Text").fill("my text");
  await expect(page.getByRole("alert").filter({ hasText: "their text" })).toBeVisible();
  await expectTyped(page, "Plan", "my text");
});

test("what could not be sent is saved when the connection is back", async ({ page, allowConsole }) => {
  allowConsole(/ERR_INTERNET_DISCONNECTED/);
  await signedUp(page, "Olga");
  await openNotes(page);
  await page.context().setOffline(true);
  await typeNote(page, "Train", "in a tunnel");
  await expect(page.getByRole("alert")).toContainText("couldn't reach the server");
  await page.context().setOffline(false);
  await saved(page);
  await expect(page.getByRole("alert").filter({ hasText: /\S/ })).toHaveCount(0);
});

test("a note whose answer was lost is made once", async ({ page, allowConsole }) => {
  allowConsole(/ERR_FAILED/);
  await signedUp(page, "Lore");
  await openNotes(page);
  let lost = 0;
  await page.route("**/api/v1/notes", async (route) => {
    if (route.request().method() !== "POST" || lost > 0) return route.fallback();
    lost += 1;
    await route.fetch();
    await route.abort();
  });
  await typeNote(page, "Once", "and once only");
  await save(page);
  await expect(page.getByRole("alert")).toContainText("couldn't reach the server");
  await page.getByLabel("Text").fill("and once only, with more");
  await saved(page);
  expect(lost).toBe(1);
  await openNotes(page);
  await expect(titles(page)).toHaveText(["Once"]);
  await choose(page, "Once");
  await expectTyped(page, "Once", "and once only, with more");
});

test("a deleted note comes back with Undo", async ({ page }) => {
  await signedUp(page, "Ulla");
  await openNotes(page);
  await writeNote(page, "Kept", "after all");
  await page.getByRole("button", { name: "Pin", exact: true }).click();
  await expect(page.getByRole("button", { name: "Unpin" })).toBeVisible();
  await deleteNote(page);
  await expect(titles(page)).toHaveCount(0);
  await expect(page.getByText("Note deleted.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Undo" })).toBeFocused();
  await page.getByRole("button", { name: "Undo" }).click();
  await saved(page);
  await expectTyped(page, "Kept", "after all");
  await openNotes(page);
  await expect(page.getByRole("button", { name: "Kept" })).toContainText("Pinned");
});

test("the list shows the day and the first line, and the search takes accents or leaves them", async ({ page }) => {
  await signedUp(page, "Anaïs");
  await openNotes(page);
  await writeNote(page, "Café", "\n  Crème brûlée\nfor two");
  const link = page.getByRole("region", { name: "Your notes" }).getByRole("button", { name: "Café" });
  await expect(link).toContainText("Crème brûlée");
  await expect(link).not.toContainText("for two");
  const today = await page.evaluate(() =>
    new Date().toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" }),
  );
  await expect(link).toContainText(today);
  for (const words of ["cafe", "CAFÉ", "creme bru"]) {
    await page.getByLabel("Search your notes").fill(words);
    await expect(titles(page)).toHaveText(["Café"]);
    await page.getByLabel("Search your notes").fill("tea");
    await expect(titles(page)).toHaveCount(0);
  }
});

test("on a phone a long note makes the page no wider than the screen", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 780 });
  await signedUp(page, "Nuria");
  await openNotes(page);
  await writeNote(page, "A title that is too long for one line of a small screen", `${"one long first line ".repeat(8)}\nmore`);
  await expect(page.locator(".note-link-more")).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
