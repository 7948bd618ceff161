// What administrators do to an account, with the person beside them in another browser.

import type { BrowserContext, BrowserContextOptions, Page } from "@playwright/test";
import { findings } from "./axe.ts";
import { expect, test } from "./fixtures.ts";
import { expectWrong } from "./forms.ts";
import { withAndWithoutJavaScript, type Way } from "./javascript.ts";
import {
  ACCESS,
  administrator,
  arrived,
  askApi,
  cookie,
  enterAndLogIn,
  findPerson,
  hydrated,
  loggedIn,
  loggedOutDialog,
  open,
  openAct,
  signedUp,
  type Person,
} from "./people.ts";
import type { Server } from "./server.ts";

test.use({ database: "postgres" });

withAndWithoutJavaScript((way) => {
  test("a disabled person sees it at once and is let in nowhere; undone, they log in again", async ({
    page,
    server,
    anotherBrowser,
    allowConsole,
  }) => {
    allowConsole(/status of (401|422)/);
    const { victim, theirs } = await somebodyElse(anotherBrowser, "Vera");
    const token = await cookie(theirs.context(), ACCESS);
    const details = await atThePageOf(way, page, server, victim);
    await goToAct(way, page, "Disable account");
    await expect(page.getByRole("region", { name: "What happens" })).toContainText("This ends 1 session.");

    await page.getByRole("button", { name: "Disable account" }).click();
    await expectWrong(page.getByLabel("Reason"), /Enter a reason/);
    await expect(page.getByLabel("Reason")).toBeFocused();
    await page.getByLabel("Reason").fill("lost laptop");
    await page.getByRole("button", { name: "Disable account" }).click();
    await way.arrived(page, details);
    await expect(page.getByRole("status")).toContainText(`${victim.name} is disabled. 1 session ended`);
    await expect(page.getByRole("status")).toBeFocused();
    await expect(page.getByRole("region", { name: "Account", exact: true })).toContainText("lost laptop");

    await expect(loggedOutDialog(theirs)).toBeVisible();
    await expect(loggedOutDialog(theirs)).toContainText("Your account has been disabled");
    expect(await askApi(server, token)).toBe(401);
    await open(theirs, "/dashboard");
    await expect(theirs.getByRole("main")).toContainText("Your account has been disabled");
    await expect(theirs.getByRole("main")).not.toContainText("lost laptop");
    await enterAndLogIn(theirs, victim);
    await expect(theirs.locator("[aria-live=assertive]")).toContainText("Wrong email or password");

    await page.getByRole("link", { name: "Undo" }).click();
    await way.arrived(page, /\/enable\?undo=/);
    await expect(page.getByLabel("Reason")).toHaveValue("undo: lost laptop");
    await page.getByRole("button", { name: "Enable account" }).click();
    await way.arrived(page, details);
    await expect(page.getByRole("status")).toContainText(`${victim.name} is enabled and can log in again.`);
    await enterAndLogIn(theirs, victim);
    await arrived(theirs, "/dashboard");
  });

  test("a new role counts on the next page of the person, and can be undone", async ({ page, server, anotherBrowser }) => {
    const { victim, theirs } = await somebodyElse(anotherBrowser, "Rolf");
    const details = await atThePageOf(way, page, server, victim);
    await goToAct(way, page, "Change role");
    await page.getByLabel("Role").selectOption("auditor");
    await giveReason(page, "looks after the log", "Change role");
    await way.arrived(page, details);
    await expect(page.getByRole("status")).toContainText("is now an auditor (was: user).");

    await open(theirs, "/admin/users");
    await expect(theirs.getByRole("heading", { level: 1 })).toHaveText("Users");
    await open(theirs, details);
    await expect(theirs.getByRole("main")).toContainText("looks after the log");
    await expect(theirs.getByRole("region", { name: "Actions" })).toHaveCount(0);
    await expect(theirs.getByRole("main").getByRole("button")).toHaveCount(0);

    await page.getByRole("link", { name: "Undo" }).click();
    await way.arrived(page, /\/role\?undo=/);
    await expect(page.getByLabel("Role")).toHaveValue("user");
    await page.getByRole("button", { name: "Change role" }).click();
    await way.arrived(page, details);
    await open(theirs, "/dashboard");
    await expect(theirs.getByRole("banner").getByRole("link", { name: "Admin" })).toHaveCount(0);
  });

  test("a deletion needs the address typed; the open page of the person says so", async ({
    page,
    server,
    anotherBrowser,
    allowConsole,
  }) => {
    allowConsole(/status of (410|422)/);
    const { victim, theirs } = await somebodyElse(anotherBrowser, "Dora");
    const details = await atThePageOf(way, page, server, victim);
    await goToAct(way, page, "Delete account");
    await page.getByLabel("Email address").fill("somebody.else@example.com");
    await giveReason(page, "asked for it by letter", "Delete account");
    await expectWrong(page.getByLabel("Email address"), /Type it exactly as shown/);
    await expect(page.getByLabel("Email address")).toBeFocused();
    await expect(page.getByLabel("Reason")).toHaveValue("asked for it by letter");
    await page.getByLabel("Email address").fill(victim.email);
    await page.getByRole("button", { name: "Delete account" }).click();
    await way.arrived(page, "/admin/users");
    await expect(page.getByRole("status")).toContainText(`${victim.name}'s account has been deleted.`);
    await expect(loggedOutDialog(theirs)).toContainText("This account has been deleted.");
    await page.goto(details);
    await expect(page.getByRole("main")).toContainText("This account has been deleted.");
  });

  test("a lost second factor is removed, and the password alone lets in", async ({
    page,
    server,
    sql,
    anotherBrowser,
  }) => {
    const { victim, theirs } = await somebodyElse(anotherBrowser, "Fritz");
    await sql`
      insert into totp (user_id, secret_sealed, created_at, confirmed_at, last_step)
      select id, 'sealed', 1, 1, 0 from users where email = ${victim.email}`;
    const details = await atThePageOf(way, page, server, victim);
    await expect(page.getByRole("region", { name: "Account" })).toContainText("On since");
    await goToAct(way, page, "Remove two-factor authentication");
    await giveReason(page, "phone stolen, called back", "Remove two-factor authentication");
    await way.arrived(page, details);
    await expect(page.getByRole("status")).toContainText("can log in with just a password.");
    await expect(loggedOutDialog(theirs)).toContainText("turned off your two-factor authentication");
    await open(theirs, "/login");
    await enterAndLogIn(theirs, victim);
    await arrived(theirs, "/dashboard");
  });

  test("a reset is started: the person gets the link, the administrator does not", async ({
    page,
    server,
    anotherBrowser,
  }) => {
    const { victim, theirs } = await somebodyElse(anotherBrowser, "Petra");
    const details = await atThePageOf(way, page, server, victim);
    await goToAct(way, page, "Send password reset");
    await page.getByLabel(/^Log .* out now/).check();
    await giveReason(page, "password found on a note", "Send password reset");
    await way.arrived(page, details);
    await expect(page.getByRole("status")).toContainText(`a reset link to ${victim.email}`);
    expect(await page.content()).not.toContain("token=");
    await expect(loggedOutDialog(theirs)).toContainText("An administrator logged you out.");

    await expect.poll(() => linkInLog(server)).not.toBe("");
    await theirs.goto(linkInLog(server));
    await hydrated(theirs);
    await expect(theirs.getByRole("main")).toContainText(victim.email);
    await theirs.getByLabel("New password", { exact: true }).fill("another horse battery");
    await theirs.getByRole("button", { name: "Save password" }).click();
    await arrived(theirs, "/login");
    await enterAndLogIn(theirs, { ...victim, password: "another horse battery" });
    await arrived(theirs, "/dashboard");
  });
});

test("two administrators with the same page open: the second is told what the first did", async ({
  page,
  server,
  anotherBrowser,
}) => {
  const { victim } = await somebodyElse(anotherBrowser, "Zoe");
  const other = await (await anotherBrowser()).newPage();
  const [ada, bob] = [await administrator(server), await administrator(server)];
  for (const [desk, admin] of [[page, ada], [other, bob]] as const) {
    await loggedIn(desk, admin);
    await findPerson(desk, victim);
    await openAct(desk, "Disable account");
    await desk.getByLabel("Reason").fill(`as ${admin.name} thinks`);
  }
  await page.getByRole("button", { name: "Disable account" }).click();
  await expect(page.getByRole("status")).toContainText("is disabled.");
  await other.getByRole("button", { name: "Disable account" }).click();
  const told = other.getByRole("status");
  await expect(told).toContainText(`is already disabled. Done by ${ada.name}`);
  await expect(told).toContainText(`: “as ${ada.name} thinks”`);
});

test("the command line disables and enables, tells who comes second, and its exit codes are right", async ({
  server,
  anotherBrowser,
}) => {
  const { victim, theirs } = await somebodyElse(anotherBrowser, "Clara");
  const disable = ["users", "disable", victim.email, "--reason", "left the company"];
  const done = await server.cli([...disable, "--json"]);
  expect(done.stderr).toBe("");
  expect(JSON.parse(done.stdout)).toMatchObject({ changed: true, receipt: { sessions_ended: 1 } });
  await expect(loggedOutDialog(theirs)).toContainText("Your account has been disabled");
  const again = await server.cli([...disable, "--json"]);
  expect(JSON.parse(again.stdout)).toMatchObject({ changed: false, before: { by: "the command line", reason: "left the company" } });
  expect((await server.cli(disable)).stdout).toContain("is already disabled. Done by the command line");
  const enabled = await server.cli(["users", "enable", victim.email, "--reason", "came back"]);
  expect(enabled.stdout).toContain("is enabled and can log in again");
  await server.cli(["users", "disable", victim.email], { code: 2 });
  const unknown = await server.cli(["users", "disable", "nobody@example.com", "--reason", "x"], { code: 1 });
  expect(unknown.stderr).toContain("there is no user nobody@example.com");

  const auditor = await server.cli(["admin", "promote", "--email", victim.email, "--role", "auditor"]);
  expect(auditor.stdout).toContain("is now an auditor.");
  await server.cli(["admin", "promote", "--email", victim.email, "--role", "king"], { code: 2 });
  expect((await server.cli(["admin", "demote", "--email", victim.email])).stdout).toContain("is now a user.");
});

test("an act without a mouse", async ({ page, server, anotherBrowser }) => {
  const { victim, theirs } = await somebodyElse(anotherBrowser, "Kai");
  await loggedIn(page, await administrator(server));
  await findPerson(page, victim);
  await page.getByRole("link", { name: "Disable account" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/disable$/);
  await hydrated(page);
  await page.getByLabel("Reason").focus();
  await page.keyboard.type("without a mouse");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Undo" })).toBeFocused();
  await expect(loggedOutDialog(theirs)).toBeVisible();
});

test("axe finds nothing in what acts leave behind", async ({ page, server, anotherBrowser, allowConsole }) => {
  allowConsole(/status of 422/);
  const found: string[] = [];
  const { victim } = await somebodyElse(anotherBrowser, "Axel");
  await loggedIn(page, await administrator(server));
  await findPerson(page, victim);
  await openAct(page, "Delete account");
  await page.getByRole("button", { name: "Delete account" }).click();
  await expect(page.getByLabel("Reason")).toHaveAttribute("aria-invalid", "true");
  found.push(...(await findings(page, "a deletion with wrong fields")));
  await page.getByRole("link", { name: /^Back to/ }).click();
  await hydrated(page);
  await openAct(page, "Disable account");
  await giveReason(page, "test", "Disable account");
  await expect(page.getByRole("status")).toBeFocused();
  found.push(...(await findings(page, "a disabled person, with the way to undo it")));
  expect(found).toEqual([]);
});

/** Somebody with the dashboard open in a browser of their own, which runs scripts. */
async function somebodyElse(
  anotherBrowser: (options?: BrowserContextOptions) => Promise<BrowserContext>,
  name: string,
): Promise<{ victim: Person; theirs: Page }> {
  const theirs = await (await anotherBrowser({ javaScriptEnabled: true })).newPage();
  const victim = await signedUp(theirs, name);
  await open(theirs, "/dashboard");
  return { victim, theirs };
}

/** As an administrator; the address of the page. */
async function atThePageOf(way: Way, page: Page, server: Server, person: Person): Promise<string> {
  await loggedIn(page, await administrator(server));
  await way.open(page, `/admin/users?q=${encodeURIComponent(person.email)}`);
  await page.getByRole("link", { name: person.name }).click();
  await way.arrived(page, /^\/admin\/users\/[^/?]+$/);
  return new URL(page.url()).pathname;
}

async function goToAct(way: Way, page: Page, label: string): Promise<void> {
  await page.getByRole("link", { name: label, exact: true }).click();
  await way.arrived(page, /^\/admin\/users\/[^/]+\/[a-z-]+$/);
}

async function giveReason(page: Page, reason: string, button: string): Promise<void> {
  await page.getByLabel("Reason").fill(reason);
  await page.getByRole("button", { name: button }).click();
}

/** The newest link to a new password: without a mail server the log has it. */
function linkInLog(server: Server): string {
  return server.log().match(/http:\/\/\S+\/reset\?token=[\w-]+/g)?.at(-1) ?? "";
}
