// What is sensitive asks for the password once more when it was entered a while ago, and then goes on where it was.

import type { Page } from "@playwright/test";
import type { Sql } from "postgres";
import { findings } from "./axe.ts";
import { expect, test } from "./fixtures.ts";
import { expectWrong } from "./forms.ts";
import { WITHOUT_JAVASCRIPT, withAndWithoutJavaScript } from "./javascript.ts";
import { expectTyped, openNotes, panel, save, saved, titles, typeNote } from "./notebook.ts";
import {
  type Person,
  SESSION,
  administrator,
  arrived as documentArrived,
  cookie,
  findPerson,
  forceLogout,
  hydrated,
  openAct,
  loggedIn,
  open as openHydrated,
  signedUp,
} from "./people.ts";

// What these tests change by SQL no server hears of, so it must cache no session.
test.use({ database: "postgres", serverEnv: { LATCHKEY_CACHED_SESSIONS: "0" } });

const HOUR_MS = 3_600_000;

/** With everything that could get lost or mean something on its way through forms, cookies and pages. */
const REASON = "lost “laptop” & <bag> +1 %41";

test("a force-logout asks for the password in its own form, and nothing typed or chosen is lost", async ({
  page,
  server,
  sql,
  anotherBrowser,
  allowConsole,
}) => {
  allowConsole(/401|422/);
  const phone = await (await anotherBrowser()).newPage();
  const victim = await onTwoDevices(page, phone);
  const admin = await administrator(server);
  const desk = await (await anotherBrowser()).newPage();
  await loggedIn(desk, admin);
  await findPerson(desk, victim);
  const details = new URL(desk.url()).pathname;
  const chosen = await chooseSession(desk);
  await hydrated(desk);
  await growStale(sql, admin);
  await expect(yourPassword(desk)).toHaveCount(0);
  await forceLogout(desk, REASON);
  const kept = async () => {
    await expect(yourPassword(desk)).toBeFocused();
    await expect(yourPassword(desk)).toHaveValue("");
    await expect(desk.getByLabel("Reason")).toHaveValue(REASON);
    await expect(desk.locator("input[name=sid]")).toHaveValue(chosen);
    expect(await liveSessions(sql, victim)).toBe(2);
  };
  await expect(desk.locator("[aria-live=assertive]")).toContainText("For your security, enter your password to continue");
  await kept();

  await yourPassword(desk).fill("not the password");
  await desk.getByRole("button", { name: "Force logout" }).click();
  await expectWrong(yourPassword(desk), /Wrong password/);
  await kept();

  await yourPassword(desk).fill(admin.password);
  await desk.getByRole("button", { name: "Force logout" }).click();
  await expectReceipt(desk);
  expect(await liveSessions(sql, victim)).toBe(1);
  expect(await reasons(sql, victim)).toEqual([REASON]);
  expect(await sql`select 1 from sessions where sid = ${chosen} and ended_at is null`).toHaveLength(0);

  // Proven for a while: the next one asks for nothing.
  await documentArrived(desk, details);
  await forceLogout(desk, "the other one");
  await expectReceipt(desk);
  await expect(sessionsOf(desk)).toHaveCount(0);
});

withAndWithoutJavaScript(({ scripted, open, arrived }) => {
  test("a page of administration asks first and is shown then", async ({ page, server, sql, allowConsole }) => {
    allowConsole(/422/);
    const admin = await administrator(server);
    await loggedIn(page, admin);
    const wanted = `/admin/users?q=${encodeURIComponent(admin.email)}`;
    await open(page, wanted);
    await expect(page).toHaveURL(wanted);
    await growStale(sql, admin);

    await open(page, wanted);
    await expect(page).toHaveURL(`/confirm?next=${encodeURIComponent(wanted)}`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Confirm your password");
    await expect(page.getByRole("main")).not.toContainText("Error");
    await expect(yourPassword(page)).toBeFocused();
    await confirm(page, "not the password");
    await expectWrong(yourPassword(page), /Wrong password/);
    if (scripted) await expect(yourPassword(page)).toBeFocused();
    await confirm(page, admin.password);
    await arrived(page, wanted);
    await expect(page.getByRole("row").filter({ hasText: admin.email })).toHaveCount(1);
  });

  test("who reads administration goes on reading, and is asked before an act", async ({ page, server, sql, anotherBrowser }) => {
    const victim = await signedUp(await (await anotherBrowser()).newPage(), "Rita");
    const admin = await administrator(server);
    await loggedIn(page, admin);
    await open(page, `/admin/users?q=${encodeURIComponent(victim.email)}`);
    // The password was entered long ago, and administration read a moment ago.
    await sql`
      update sessions set authenticated_at = authenticated_at - ${HOUR_MS}
      where ended_at is null and user_id = (select id from users where email = ${admin.email})`;
    await sql`update sessions set overseen_at = authenticated_at + ${HOUR_MS} where user_id = (select id from users where email = ${admin.email})`;
    await page.getByRole("link", { name: victim.name }).click();
    await arrived(page, /^\/admin\/users\/[^/?]+$/);
    await page.getByRole("link", { name: "Disable account", exact: true }).click();
    await arrived(page, /^\/confirm\?next=/);
    await expect(yourPassword(page)).toBeFocused();
  });

  test("ending another device asks first and is done then", async ({ page, sql, anotherBrowser, allowConsole }) => {
    allowConsole(/status of 401/);
    const phone = await (await anotherBrowser()).newPage();
    const person = await onTwoDevices(page, phone);
    await open(page, "/account/devices");
    await growStale(sql, person);
    await page.getByRole("button", { name: /^Log out \w+ on/ }).click();
    await arrived(page, "/actions/end_session");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Confirm your password");
    await expect(yourPassword(page)).toBeFocused();
    expect(await liveSessions(sql, person), "nothing is ended yet").toBe(2);
    await confirm(page, person.password, "Log out device");
    await arrived(page, "/account/devices");
    await expect(page.getByRole("status")).toContainText("You're logged out on 1 other device.");
    await expectLoggedOut(phone);
    await expectLoggedIn(page, person);
  });

  test("ending all other devices asks first, says what is wrong, and is done then", async ({
    page,
    sql,
    anotherBrowser,
    allowConsole,
  }) => {
    allowConsole(/status of (401|422)/);
    const phone = await (await anotherBrowser()).newPage();
    const person = await onTwoDevices(page, phone);
    await open(page, "/account/devices");
    await growStale(sql, person);
    await page.getByRole("button", { name: "Log out all other devices" }).click();
    await arrived(page, "/actions/end_other_sessions");
    await confirm(page, "not the password", "Log out all other devices");
    await expectWrong(yourPassword(page), /Wrong password/);
    if (scripted) await expect(yourPassword(page)).toBeFocused();
    expect(await liveSessions(sql, person)).toBe(2);
    await confirm(page, person.password, "Log out all other devices");
    await arrived(page, "/account/devices");
    await expect(page.getByRole("status")).toContainText("You're logged out on 1 other device.");
    await expectLoggedOut(phone);
    await expectLoggedIn(page, person);
  });

  test("who mistyped the password and reloads goes on with the act, and is led back to where they came from", async ({
    page,
    sql,
    anotherBrowser,
    allowConsole,
  }) => {
    allowConsole(/status of (401|422)/);
    const person = await onTwoDevices(page, await (await anotherBrowser()).newPage());
    await open(page, "/account/devices");
    await growStale(sql, person);
    await page.getByRole("button", { name: "Log out all other devices" }).click();
    await arrived(page, "/actions/end_other_sessions");
    await confirm(page, "not the password", "Log out all other devices");
    await expectWrong(yourPassword(page), /Wrong password/);
    // Sends the same once more.
    await page.reload();
    await arrived(page, "/actions/end_other_sessions");
    await expectWrong(yourPassword(page), /Wrong password/);
    await confirm(page, person.password, "Log out all other devices");
    await arrived(page, "/account/devices");
  });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a force-logout goes on with everything that was typed", async ({
    page,
    server,
    sql,
    anotherBrowser,
    allowConsole,
  }) => {
    allowConsole(WITHOUT_JAVASCRIPT);
    const phone = await (await anotherBrowser()).newPage();
    const victim = await onTwoDevices(page, phone);
    const admin = await administrator(server);
    const desk = await (await anotherBrowser()).newPage();
    await loggedIn(desk, admin);
    await desk.goto(`/admin/users?q=${encodeURIComponent(victim.email)}`);
    await desk.getByRole("link", { name: victim.name }).click();
    await expect(sessionsOf(desk)).toHaveCount(2);
    const details = new URL(desk.url()).pathname;
    const chosen = await chooseSession(desk);
    await growStale(sql, admin);
    await forceLogout(desk, REASON);
    await expect(desk, "what was typed is in no address").toHaveURL("/actions/force_logout");
    await expect(yourPassword(desk)).toBeFocused();
    await confirm(desk, "not the password", "Force logout");
    await expectWrong(yourPassword(desk), /Wrong password/);
    await expect(desk).toHaveURL("/actions/force_logout");
    expect(await liveSessions(sql, victim)).toBe(2);
    await confirm(desk, admin.password, "Force logout");

    await expect(desk).toHaveURL(details);
    await expectReceipt(desk);
    expect(await reasons(sql, victim)).toEqual([REASON]);
    expect(await sql`select 1 from sessions where sid = ${chosen} and ended_at is null`).toHaveLength(0);
    expect(await liveSessions(sql, victim)).toBe(1);
  });
});

test("a second tab with notes goes on saving after the password was confirmed, and nobody is logged out", async ({
  page,
  sql,
  allowConsole,
}) => {
  // The token of the proof before is gone: the first call is refused, and renews it.
  allowConsole(/401/);
  const person = await signedUp(page, "Nele");
  await openNotes(page);
  await typeNote(page, "Novel", "typed before");
  const secret = await cookie(page.context(), SESSION);
  await growStale(sql, person);

  const tab = await page.context().newPage();
  await openHydrated(tab, "/confirm?next=/account/password");
  await confirm(tab, person.password);
  await documentArrived(tab, "/account/password");
  expect(await cookie(page.context(), SESSION), "a new secret").not.toBe(secret);

  await page.getByLabel("Text").fill("typed before and after");
  await save(page);
  await saved(page);
  await expectTyped(page, "Novel", "typed before and after");
  await expect(page.getByRole("alert").filter({ hasText: /\S/ })).toHaveCount(0);
  for (const both of [page, tab]) await expectLoggedIn(both, person);
  await openNotes(tab);
  await expect(titles(tab)).toHaveText(["Novel"]);
});

test("a tab whose token was taken away by the proof renews it silently", async ({ page, sql, allowConsole }) => {
  allowConsole(/401/);
  const person = await signedUp(page, "Nils");
  await openNotes(page);
  await growStale(sql, person);
  const form = { password: person.password, next: "/notes" };
  const headers = { accept: "text/html" };
  const answer = await page.request.post("/actions/confirm", { form, headers, maxRedirects: 0 });
  expect(answer.headers().location).toBe("/notes");
  await typeNote(page, "Silent", "renewed");
  await save(page);
  await saved(page);
  await expect(panel(page).renewals).toHaveText("1");
});

test("axe finds nothing where the password is asked for", async ({ page, server, sql, allowConsole }) => {
  allowConsole(/401|422/);
  const found: string[] = [];
  const admin = await administrator(server);
  await loggedIn(page, admin);
  await findPerson(page, admin);
  await openAct(page, "Force logout");
  await growStale(sql, admin);
  await forceLogout(page, "test");
  await expect(yourPassword(page)).toBeFocused();
  found.push(...(await findings(page, "a force-logout that asks for the password")));
  await openHydrated(page, "/admin/users");
  await confirm(page, "not the password");
  await expectWrong(yourPassword(page), /Wrong password/);
  found.push(...(await findings(page, "a wrong password on the page that asks")));
  expect(found).toEqual([]);
});

const yourPassword = (page: Page) => page.getByLabel("Your password", { exact: true });

const sessionsOf = (page: Page) => page.getByRole("region", { name: "Active sessions" }).getByRole("listitem");

/** Opens the page that ends the first session of the list; the sid. */
async function chooseSession(page: Page): Promise<string> {
  await sessionsOf(page).first().getByRole("link", { name: /^End session/ }).click();
  await page.waitForURL(/\/log-out\?sid=/);
  return new URL(page.url()).searchParams.get("sid") ?? "";
}

/** An hour passes since the person entered their password. */
async function growStale(sql: Sql, { email }: Person): Promise<void> {
  const grown = await sql`
    update sessions set authenticated_at = authenticated_at - ${HOUR_MS}, overseen_at = overseen_at - ${HOUR_MS}
    where ended_at is null and user_id = (select id from users where email = ${email})`;
  expect(grown.count, `live sessions of ${email}`).toBeGreaterThan(0);
}

async function liveSessions(sql: Sql, { email }: Person): Promise<number> {
  const live = await sql`
    select 1 from sessions where ended_at is null and user_id = (select id from users where email = ${email})`;
  return live.length;
}

/** Why administrators did something to this person, as the audit log has it. */
async function reasons(sql: Sql, { email }: Person): Promise<string[]> {
  const events = await sql<{ reason: string }[]>`
    select reason from audit_events
    where reason <> '' and subject = (select id from users where email = ${email}) order by id`;
  return events.map(({ reason }) => reason);
}

async function onTwoDevices(laptop: Page, phone: Page): Promise<Person> {
  const person = await signedUp(laptop, "Vera");
  await loggedIn(phone, person);
  return person;
}

async function confirm(page: Page, password: string, button = "Continue"): Promise<void> {
  await yourPassword(page).fill(password);
  await page.getByRole("button", { name: button, exact: true }).click();
}

async function expectReceipt(page: Page): Promise<void> {
  await expect(page.getByRole("status")).toContainText("1 session ended");
  await expect(page.getByRole("status")).toBeFocused();
}

async function expectLoggedOut(page: Page): Promise<void> {
  await page.goto("/dashboard");
  await expect(page).toHaveURL("/login?next=%2Fdashboard");
  await expect(page.getByRole("main")).toContainText("You logged out this device from another one.");
}

async function expectLoggedIn(page: Page, person: Person): Promise<void> {
  await page.goto("/dashboard");
  await expect(page).toHaveURL("/dashboard");
  await expect(page.getByRole("main")).toContainText(person.email);
}
