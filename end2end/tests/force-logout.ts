// Force-logout, the reason for all this: the way through it, which every database must take.

import { expect, test } from "./fixtures.ts";
import { expectTyped, openNotes, save, saved, titles, typeNote } from "./notebook.ts";
import {
  ACCESS,
  administrator,
  arrived,
  askApi,
  cookie,
  enterAndLogIn,
  findPerson,
  forceLogout,
  loggedIn,
  open,
  signedUp,
  stayOnPage,
} from "./people.ts";

const RECEIPT = /2 sessions ended and up to 2 tokens revoked, in \d+ ms/;

export function forceLogoutTests(): void {
  test("an administrator ends all sessions of a person and gets a receipt", async ({
    page,
    server,
    anotherBrowser,
  }) => {
    const laptop = page;
    const victim = await signedUp(laptop, "Victim");
    const phone = await (await anotherBrowser()).newPage();
    await loggedIn(phone, victim);
    for (const device of [laptop, phone]) await open(device, "/dashboard");
    const tokens = [await cookie(laptop.context(), ACCESS), await cookie(phone.context(), ACCESS)];
    for (const token of tokens) expect(await askApi(server, token)).toBe(200);

    const admin = await (await anotherBrowser()).newPage();
    await loggedIn(admin, await administrator(server));
    await findPerson(admin, victim);
    const sessions = admin.getByRole("region", { name: "Active sessions" }).getByRole("listitem");
    await expect(sessions).toHaveCount(2);
    await forceLogout(admin, "laptop lost");
    await expect(admin.getByRole("status")).toContainText(RECEIPT);
    await expect(admin.getByRole("status")).toBeFocused();
    await expect(sessions).toHaveCount(0);

    // By now every credential is dead: nothing is waited for.
    for (const token of tokens) expect(await askApi(server, token)).toBe(401);
    for (const device of [laptop, phone]) {
      await open(device, "/dashboard");
      await expect(device).toHaveURL("/login?next=%2Fdashboard");
      await expect(device.getByRole("main")).toContainText("An administrator logged you out.");
      await expect(device.getByRole("main")).not.toContainText("laptop lost");
    }
    await enterAndLogIn(laptop, victim);
    await arrived(laptop, "/dashboard");
    await expect(laptop.getByRole("main")).toContainText(victim.email);
  });

  test("the notes page says what happened and keeps the text, which is saved after another log-in", async ({
    page,
    server,
    anotherBrowser,
    allowConsole,
  }) => {
    allowConsole(/401/);
    const victim = await signedUp(page, "Writer");
    await openNotes(page);
    await typeNote(page, "Novel", "It was a dark night");
    const admin = await (await anotherBrowser()).newPage();
    await loggedIn(admin, await administrator(server));
    await findPerson(admin, victim);
    await forceLogout(admin, "test");
    await expect(admin.getByRole("status")).toContainText("1 session ended");

    await stayOnPage(page);
    await save(page);
    const alert = page.getByRole("alert");
    await expect(alert).toContainText("An administrator logged you out.");
    await expect(alert).toBeFocused();
    await expectTyped(page, "Novel", "It was a dark night");
    await page.getByLabel("Text").fill("It was a dark and stormy night");

    const opened = page.context().waitForEvent("page");
    await alert.getByRole("link", { name: "Log in in a new tab" }).click();
    const tab = await opened;
    await enterAndLogIn(tab, victim);
    await arrived(tab, "/notes");
    await alert.getByRole("button", { name: "Try again" }).click();
    await saved(page);
    await expect(alert.filter({ hasText: /\S/ })).toHaveCount(0);
    await openNotes(tab);
    await expect(titles(tab)).toHaveText(["Novel"]);
  });

  test("the same from the command line, in another process, as its receipt says", async ({ page, server }) => {
    const victim = await signedUp(page, "Alice");
    await open(page, "/dashboard");
    const token = await cookie(page.context(), ACCESS);
    expect(await askApi(server, token)).toBe(200);

    const done = await server.cli(["force-logout", "--user", victim.email, "--reason", "from a test"]);
    expect(done.stdout).toContain("1 session ended, up to 1 token revoked");
    // Who has confirmed refuses at once; who has not does so when they hear of it.
    if (/Confirmed by 1 instance/.test(done.stdout)) expect(await askApi(server, token)).toBe(401);
    await expect.poll(() => askApi(server, token), { intervals: [20] }).toBe(401);
    await open(page, "/dashboard");
    await expect(page).toHaveURL("/login?next=%2Fdashboard");
    await expect(page.getByRole("main")).toContainText("An administrator logged you out.");
  });
}
