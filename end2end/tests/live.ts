// The end of a session, shown over the page that is open: the way through it, which every database must take.

import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { expectTyped, holdSaves, openNotes, panel, saveState, typeNote } from "./notebook.ts";
import {
  administrator,
  arrived,
  enterAndLogIn,
  findPerson,
  forceLogout,
  loggedIn,
  loggedOutDialog,
  open,
  signedUp,
  stayOnPage,
} from "./people.ts";

export const STREAM = "**/session/events*";

export function liveTests(): void {
  test("who is thrown out sees it at once, with the reason, and what they typed stays", async ({
    page,
    server,
    anotherBrowser,
  }) => {
    const victim = await signedUp(page, "Victim");
    const stream = page.waitForResponse(STREAM);
    await openNotes(page);
    await stream;
    await holdSaves(page);
    await typeNote(page, "Half a", "thought that is not saved");
    // From here on the page asks for nothing by itself.
    await expect(saveState(page)).toHaveText("Saving…");
    await page.getByLabel("Text").focus();
    const admin = await (await anotherBrowser()).newPage();
    await loggedIn(admin, await administrator(server));
    await findPerson(admin, victim);
    const asked = questions(page);
    await forceLogout(admin, "laptop lost");
    await expect(admin.getByRole("status")).toContainText("1 session ended");

    const dialog = loggedOutDialog(page);
    await expect(dialog).toBeVisible();
    expect(asked(), "the page is told and asks for nothing").toEqual([]);
    await expect(dialog).toHaveAccessibleName("An administrator logged you out.");
    await expect(dialog).toHaveAccessibleDescription(/still on this page/);
    await expect(dialog).not.toContainText("laptop lost");
    await expect(dialog.getByRole("heading")).toBeFocused();
    await expect(dialog.getByRole("link", { name: "Log in" })).toHaveAttribute("href", "/login?next=%2Fnotes");

    await stayOnPage(page);
    await expect(panel(page).timeLeft).toHaveText("Revoked");
    await expectTyped(page, "Half a", "thought that is not saved");
    await expect(page.getByLabel("Text")).toBeFocused();
    const banner = page.getByRole("banner");
    await expect(banner).toContainText("An administrator logged you out. You can't save changes until");

    // Another log-in in another tab makes the page work again, and it listens again.
    const opened = page.context().waitForEvent("page");
    await banner.getByRole("link", { name: "Log in in a new tab" }).click();
    const tab = await opened;
    await enterAndLogIn(tab, victim);
    await arrived(tab, "/notes");
    await expect(banner).not.toContainText("You can't save changes");
    await expectTyped(page, "Half a", "thought that is not saved");
    await forceLogout(admin, "again");
    for (const each of [page, tab]) await expect(loggedOutDialog(each)).toBeVisible();
  });

  test("a force-logout from the command line is on the screen without a question, too", async ({ page, server }) => {
    const victim = await signedUp(page, "Clive");
    const stream = page.waitForResponse(STREAM);
    await open(page, "/dashboard");
    await stream;
    const asked = questions(page);
    await server.cli(["force-logout", "--user", victim.email]);
    await expect(loggedOutDialog(page)).toBeVisible();
    expect(asked()).toEqual([]);
  });
}

/** What the page asks the server for from now on. */
function questions(page: Page): () => string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    if (["document", "eventsource", "fetch", "xhr"].includes(request.resourceType())) asked.push(request.url());
  });
  return () => asked;
}
