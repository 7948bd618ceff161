// axe finds nothing in the states that pages get into, in light and dark, wide and narrow. Pages as they are when they
// come: every-page.spec.ts.

import { findings } from "./axe.ts";
import { expect, test } from "./fixtures.ts";
import { choose, openNotes, save, saved, typeNote, writeNote } from "./notebook.ts";
import {
  SESSION,
  administrator,
  enterAndLogIn,
  findPerson,
  forceLogout,
  loggedIn,
  loggedOutDialog,
  open,
  signedUp,
  stayOnPage,
} from "./people.ts";

test("forms with problems", async ({ page, allowConsole }) => {
  const found: string[] = [];
  allowConsole(/401|422/);
  await open(page, "/signup");
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page.locator("[aria-live=assertive]")).toBeFocused();
  found.push(...(await findings(page, "a sign-up with wrong fields")));
  await open(page, "/login");
  await enterAndLogIn(page, { email: "nobody@example.com", password: "not the password" });
  await expect(page.locator("[aria-live=assertive]")).toContainText("Check both");
  found.push(...(await findings(page, "a failed log-in")));
  await signedUp(page, "Arne");
  await open(page, "/account/password");
  await page.getByLabel("Current password", { exact: true }).fill("not the password");
  await page.getByLabel("New password", { exact: true }).fill("another horse battery");
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByLabel("Current password", { exact: true })).toBeFocused();
  found.push(...(await findings(page, "a wrong current password")));
  expect(found).toEqual([]);
});

test("notes: written, pinned, about to be deleted, in conflict, logged out", async ({ page, allowConsole }) => {
  const found: string[] = [];
  allowConsole(/401|412/);
  await signedUp(page, "Axel");
  await openNotes(page);
  await writeNote(page, "Plan", "first text");
  await page.getByRole("button", { name: "Pin", exact: true }).click();
  await expect(page.getByRole("button", { name: "Unpin" })).toBeVisible();
  await typeNote(page, "Draft", "not saved");
  await page.getByRole("button", { name: "Discard" }).click();
  found.push(...(await findings(page, "a note about to be deleted")));

  await choose(page, "Plan");
  const other = await page.context().newPage();
  await openNotes(other);
  await choose(other, "Plan");
  await other.getByLabel("Text").fill("their text");
  await save(other);
  await saved(other);
  await page.getByLabel("Text").fill("my text");
  await save(page);
  await expect(page.getByRole("button", { name: "Keep my version" })).toBeVisible();
  found.push(...(await findings(page, "a conflict")));

  await page.context().clearCookies();
  await choose(other, "Plan");
  await other.getByLabel("Text").fill("typed too late");
  await save(other);
  await expect(other.getByRole("alert")).toBeFocused();
  found.push(...(await findings(other, "logged out while writing")));
  expect((await other.context().cookies()).map(({ name }) => name)).not.toContain(SESSION);
  expect(found).toEqual([]);
});

test("devices: two others, and what was ended", async ({ page, anotherBrowser }) => {
  const found: string[] = [];
  const person = await signedUp(page, "Alva");
  for (const _ of ["phone", "office"]) await loggedIn(await (await anotherBrowser()).newPage(), person);
  await open(page, "/account/devices");
  await expect(page.getByRole("button", { name: /^Log out \w+ on/ })).toHaveCount(2);
  found.push(...(await findings(page, "two other devices")));
  await page.getByRole("button", { name: "Log out all other devices" }).click();
  await expect(page.getByRole("status")).toBeFocused();
  found.push(...(await findings(page, "the others are ended")));
  expect(found).toEqual([]);
});

test("a force-logout: the receipt, and what the person is told", async ({ page, server, anotherBrowser }) => {
  const found: string[] = [];
  const victim = await signedUp(page, "Anja");
  await open(page, "/dashboard");
  const admin = await (await anotherBrowser()).newPage();
  await loggedIn(admin, await administrator(server));
  await findPerson(admin, victim);
  await forceLogout(admin, "test");
  await expect(admin.getByRole("status")).toContainText("ended");
  found.push(...(await findings(admin, "the receipt")));
  await expect(loggedOutDialog(page)).toBeVisible();
  found.push(...(await findings(page, "the reason over the open page")));
  await stayOnPage(page);
  found.push(...(await findings(page, "the page after that")));
  await open(page, "/dashboard");
  found.push(...(await findings(page, "the reason on the log-in page")));
  expect(found).toEqual([]);
});
