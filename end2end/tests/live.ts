// The end of a session, shown over the page that is open: the way through it, which every database must take.

import { expect, test } from "./fixtures.ts";
import { expectTyped, openNotes, typeNote } from "./notebook.ts";
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

/** From the administrator's receipt to the dialog of the person. */
const SHOWN_WITHIN_MS = 1_000;

export function liveTests(): void {
  test("who is thrown out sees it at once, with the reason, and what they typed stays", async ({
    page,
    server,
    anotherBrowser,
  }) => {
    const victim = await signedUp(page, "Victim");
    await openNotes(page);
    await typeNote(page, "Half a", "thought that is not saved");
    await page.getByLabel("Text").focus();
    const admin = await (await anotherBrowser()).newPage();
    await loggedIn(admin, await administrator(server));
    await findPerson(admin, victim);
    await forceLogout(admin, "laptop lost");
    await expect(admin.getByRole("status")).toContainText("1 session ended");

    const dialog = loggedOutDialog(page);
    await expect(dialog).toBeVisible({ timeout: SHOWN_WITHIN_MS });
    await expect(dialog).toHaveAccessibleName("An administrator logged you out.");
    await expect(dialog).toHaveAccessibleDescription(/still on this page/);
    await expect(dialog).not.toContainText("laptop lost");
    await expect(dialog.getByRole("heading")).toBeFocused();
    await expect(dialog.getByRole("link", { name: "Log in" })).toHaveAttribute("href", "/login?next=%2Fnotes");

    await stayOnPage(page);
    await expectTyped(page, "Half a", "thought that is not saved");
    await expect(page.getByLabel("Text")).toBeFocused();
    const banner = page.getByRole("banner");
    await expect(banner).toContainText("An administrator logged you out. Nothing on this page is saved until");

    // Another log-in in another tab makes the page work again, and it listens again.
    const opened = page.context().waitForEvent("page");
    await banner.getByRole("link", { name: "Log in (new tab)" }).click();
    const tab = await opened;
    await enterAndLogIn(tab, victim);
    await arrived(tab, "/notes");
    await expect(banner).not.toContainText("Nothing on this page is saved");
    await expectTyped(page, "Half a", "thought that is not saved");
    await forceLogout(admin, "again");
    for (const each of [page, tab]) await expect(loggedOutDialog(each)).toBeVisible();
  });

  test("a force-logout from the command line is on the screen within a second, too", async ({ page, server }) => {
    const victim = await signedUp(page, "Clive");
    await open(page, "/dashboard");
    const done = await server.cli(["force-logout", "--user", victim.email]);
    expect(done).toMatchObject({ code: 0 });
    await expect(loggedOutDialog(page)).toBeVisible({ timeout: SHOWN_WITHIN_MS });
  });
}
