// Force-logout with the database that needs no set-up, SQLite; and who may not do it.

import { expect, test } from "./fixtures.ts";
import { forceLogoutTests } from "./force-logout.ts";
import { expectTyped, holdSaves, openNotes, save, saveState, typeNote } from "./notebook.ts";
import {
  ACCESS,
  administrator,
  askApi,
  cookie,
  findPerson,
  forceLogout,
  hydrated,
  logIn,
  loggedIn,
  open,
  signedUp,
  stayOnPage,
} from "./people.ts";

forceLogoutTests();

test("what one person typed is not saved in the account of another who logs in in the other tab", async ({
  page,
  server,
  anotherBrowser,
  allowConsole,
}) => {
  allowConsole(/401|409/);
  const victim = await signedUp(page, "Writer");
  await openNotes(page);
  const letGo = await holdSaves(page);
  await typeNote(page, "Diary", "for me alone");
  const token = await cookie(page.context(), ACCESS);
  await server.cli(["force-logout", "--user", victim.email]);
  await expect.poll(() => askApi(server, token)).toBe(401);
  await stayOnPage(page);
  letGo();
  await save(page);
  await expect(page.getByRole("alert")).toContainText("An administrator logged you out.");

  const flatmate = await signedUp(await (await anotherBrowser()).newPage(), "Flatmate");
  const tab = await page.context().newPage();
  await logIn(tab, flatmate, "/notes");
  const again = page.getByRole("button", { name: "Try again" });
  const renewed = page.waitForResponse("**/api/v1/token");
  await again.click();
  await renewed;
  // Whatever the page says now: the text is still there, and it is in nobody else's account.
  await expect(saveState(page)).toHaveText("Unsaved changes");
  await expectTyped(page, "Diary", "for me alone");
  await expect(page.getByRole("alert")).toContainText("Someone else is now logged in");
  await openNotes(tab);
  await expect(tab.getByText("You don't have any notes yet.")).toBeVisible();
});

test("the command line says when there is nobody of that e-mail", async ({ server }) => {
  const done = await server.cli(["force-logout", "--user", "nobody@example.com"], { code: 1 });
  expect(done.stderr).toContain("there is no user nobody@example.com");
});

test("a person who is no administrator can neither see others nor end their sessions", async ({
  page,
  server,
  anotherBrowser,
  allowConsole,
}) => {
  allowConsole(/403/);
  const victim = await signedUp(page, "Target");
  await open(page, "/dashboard");
  const admin = await (await anotherBrowser()).newPage();
  await loggedIn(admin, await administrator(server));
  await findPerson(admin, victim);
  const address = new URL(admin.url()).pathname;

  const nosy = await (await anotherBrowser()).newPage();
  await signedUp(nosy, "Nosy");
  for (const path of ["/admin/users", address]) {
    const response = await nosy.goto(path);
    expect(response?.status()).toBe(403);
    await expect(nosy.getByRole("main")).not.toContainText(victim.email);
  }
  const form = { user: address.split("/").at(-1) ?? "", reason: "because" };
  const headers = { accept: "application/json" };
  const refused = await nosy.request.post("/actions/force_logout", { form, headers, maxRedirects: 0 });
  expect(refused.status()).toBe(403);
  await open(page, "/dashboard");
  await expect(page).toHaveURL("/dashboard");
});

test("a force-logout needs a reason", async ({ page, server, anotherBrowser, allowConsole }) => {
  allowConsole(/422/);
  const victim = await signedUp(page, "Lucky");
  const admin = await (await anotherBrowser()).newPage();
  await loggedIn(admin, await administrator(server));
  await findPerson(admin, victim);
  await forceLogout(admin, "  ");
  const reason = admin.getByLabel("Reason");
  await expect(reason).toHaveAttribute("aria-invalid", "true");
  await expect(reason).toHaveAccessibleDescription(/Enter a reason/);
  await expect(reason).toBeFocused();
  await open(page, "/dashboard");
  await expect(page).toHaveURL("/dashboard");
});

test("one session of a person can be ended, and the other lives on", async ({ page, server, anotherBrowser }) => {
  const victim = await signedUp(page, "Twofold");
  const phone = await (await anotherBrowser()).newPage();
  await loggedIn(phone, victim);
  await open(phone, "/dashboard");
  const admin = await (await anotherBrowser()).newPage();
  await loggedIn(admin, await administrator(server));
  await findPerson(admin, victim);
  const sessions = admin.getByRole("region", { name: "Active sessions" }).getByRole("listitem");
  await expect(sessions).toHaveCount(2);
  await sessions.first().getByRole("link", { name: /^End session/ }).click();
  await admin.waitForURL(/\/log-out\?sid=/);
  await hydrated(admin);
  await expect(admin.getByRole("region", { name: "What happens" })).toContainText("This ends one session of");
  await forceLogout(admin, "only one of them");
  await expect(admin.getByRole("status")).toContainText("1 session ended");
  await expect(sessions).toHaveCount(1);
  const alive = [];
  for (const device of [page, phone]) {
    await open(device, "/dashboard");
    alive.push(new URL(device.url()).pathname === "/dashboard");
  }
  expect(alive.filter(Boolean)).toHaveLength(1);
});
