// "This was not me", with a mailbox: from the page, from a mail, and after a thief has changed the address.

import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import type { Sql } from "postgres";
import { expect, test } from "./fixtures.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { type Person, loggedIn, somebody } from "./people.ts";
import { signUp } from "./programs.ts";
import type { Server } from "./server.ts";

test.use({ withMailbox: true, database: "postgres" });

const RESET = /^Choose a new password$/;

withAndWithoutJavaScript(({ open, arrived }) => {
  test("from the page: everything ends, and a link to a new password comes", async ({
    page,
    server,
    sql,
    mailbox,
    anotherBrowser,
  }) => {
    const person = await owner(server, sql, "Anton");
    const thief = await (await anotherBrowser()).newPage();
    await loggedIn(thief, person);
    await loggedIn(page, person);
    await open(page, "/account/activity");
    await page.getByRole("link", { name: /^This wasn't me/ }).first().click();
    await arrived(page, /^\/not-me\?event=/);
    await expect(page.getByRole("main")).toContainText("a…@example.com");
    await endEverything(page);
    await arrived(page, "/not-me/done");
    await expect(page.getByRole("status")).toContainText("2 sessions ended.");
    expect((await mailbox.next(person.email, RESET)).link).toContain("/reset?token=");
    for (const browser of [page, thief]) {
      await browser.goto("/dashboard");
      await expect(browser).toHaveURL("/login?next=%2Fdashboard");
      await expect(browser.getByRole("main")).toContainText("You reported suspicious activity");
      await expect(browser.getByRole("main")).toContainText("Choose a new password with the link we emailed you");
      await expect(browser.getByRole("link", { name: "Request another link" })).toHaveAttribute("href", "/forgot");
    }
  });

  test("from a mail, without being logged in; once", async ({ page, server, sql, mailbox, anotherBrowser }) => {
    const person = await owner(server, sql, "Berta");
    const thief = await (await anotherBrowser()).newPage();
    await loggedIn(thief, person);
    await tell(sql, person, "password_changed", person.email);
    const { link } = await mailbox.next(person.email, /was changed$/);
    await page.goto(link);
    await arrived(page, "/not-me");
    expect(page.url(), "the token stands in no address").not.toContain("token");
    await thief.goto("/dashboard");
    await expect(thief, "reading changes nothing").toHaveURL("/dashboard");
    await endEverything(page);
    await arrived(page, "/not-me/done");
    expect((await mailbox.next(person.email, RESET)).link).toContain("/reset?token=");
    await thief.goto("/dashboard");
    await expect(thief).toHaveURL("/login?next=%2Fdashboard");
  });

  test("a thief who has changed the address loses the account", async ({
    page,
    server,
    sql,
    mailbox,
    anotherBrowser,
  }) => {
    const person = await owner(server, sql, "Carla");
    const thief = await (await anotherBrowser()).newPage();
    await loggedIn(thief, person);
    const theirs = somebody("Thief").email;
    await sql`update users set email = ${theirs} where email = ${person.email}`;
    await tell(sql, { ...person, email: theirs }, "email_changed", person.email);
    const { link } = await mailbox.next(person.email, /was changed$/);
    await page.goto(link);
    await arrived(page, "/not-me");
    await expect(page.getByRole("main")).toContainText("restore your previous email address");
    await endEverything(page);
    await arrived(page, "/not-me/done");
    await expect(page.getByRole("status")).toContainText("Your previous email address is restored.");
    expect((await mailbox.next(person.email, RESET)).link).toContain("/reset?token=");
    expect(mailbox.waiting(theirs)).toEqual([]);
    await thief.goto("/dashboard");
    await expect(thief).toHaveURL("/login?next=%2Fdashboard");
    expect(await sql`select 1 from users where email = ${person.email}`).toHaveLength(1);
  });
});

test("a link that was used says so, and ends nothing more", async ({ page, server, sql, mailbox, allowConsole }) => {
  allowConsole(/410/);
  const person = await owner(server, sql, "Doris");
  await tell(sql, person, "password_changed", person.email);
  const { link } = await mailbox.next(person.email, /was changed$/);
  await page.goto(link);
  await endEverything(page);
  await page.waitForURL("**/not-me/done");
  const reset = await mailbox.next(person.email, RESET);
  await page.goto(reset.link);
  const password = "nine loud kettles sing";
  await page.getByLabel("New password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Save password" }).click();
  await page.waitForURL("**/login");
  await expect(page.getByRole("status")).toContainText("Your password has been changed.");
  await expect(page.getByRole("main")).not.toContainText("suspicious activity");
  await loggedIn(page, { ...person, password });
  await page.goto(link);
  await expect(page.getByRole("main")).toContainText("This link has expired or has already been used");
  await page.goto("/dashboard");
  await expect(page).toHaveURL("/dashboard");
});

async function endEverything(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Log out everywhere and reset password" }).click();
}

/** Somebody with an account who reads the mail of its address. */
async function owner(server: Server, sql: Sql, name: string): Promise<Person> {
  const person = somebody(name);
  await signUp(server, person);
  const verified = await sql`update users set verified_at = 1, waiting_since = null where email = ${person.email}`;
  expect(verified.count).toBe(1);
  return person;
}

/** As the act itself does: writes down that the owner is to be told, at this address. */
async function tell(sql: Sql, { email }: Person, news: string, to: string): Promise<void> {
  const mail = JSON.stringify({ kind: "news", news, device: "Firefox on Linux", ip: "192.0.2.7", at: Date.now() });
  await sql`
    insert into outbox (id, email, user_id, mail, created_at, due_at, attempts)
    select ${randomUUID()}, ${to}, id, ${mail}, ${Date.now()}, 0, 0 from users where email = ${email}`;
}
