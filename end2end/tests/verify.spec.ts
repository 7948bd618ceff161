// Signing up where mails are sent: the address is confirmed first.

import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { expectWrong } from "./forms.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { followToken, signedUpByMail, tokenOf } from "./links.ts";
import { type Person, enterAndLogIn, passwordField, somebody } from "./people.ts";

test.use({ withMailbox: true });

withAndWithoutJavaScript(({ scripted, open, arrived }) => {
  test("from signing up to being logged in, through the mail", async ({ page, mailbox, allowConsole }) => {
    allowConsole(/status of (401|422)/);
    const person = somebody("Vera");
    const follow = followToken(page.context());
    await open(page, "/signup");
    await page.getByLabel("Name").fill(person.name);
    await page.getByLabel("Email").fill(person.email);
    await passwordField(page).fill(person.password);
    await page.getByRole("button", { name: "Sign up" }).click();
    await arrived(page, "/verify/sent");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Check your email");
    await expect(page.getByRole("main")).toContainText(person.email);

    // Not logged in, and not to be, before the link was opened.
    await open(page, "/login");
    await enterAndLogIn(page, person);
    await expect(page.getByRole("main")).toContainText("Open the link we emailed you first");
    const hint = await page.locator("[data-after]").boundingBox();
    const label = await page.locator("label[for=email]").boundingBox();
    expect((label?.y ?? 0) - (hint?.y ?? 0) - (hint?.height ?? 0), "the hint is no part of the field below").toBeGreaterThanOrEqual(16);

    const { link } = await mailbox.next(person.email, /Confirm/);
    await page.goto(link);
    await arrived(page, "/verify");
    await expect(page.getByRole("main")).toContainText(person.email);
    await passwordField(page).fill("not the password");
    await page.getByRole("button", { name: "Confirm email address" }).click();
    await expectWrong(passwordField(page), /Wrong password/);
    await passwordField(page).fill(person.password);
    await page.getByRole("button", { name: "Confirm email address" }).click();
    await arrived(page, "/dashboard");
    await expect(page.getByRole("status")).toContainText("Your email address is confirmed.");
    await expect(page.getByRole("heading", { level: 1 })).toContainText(person.name);
    await follow.leftWith(tokenOf(link));
  });

  test("a link that was used leads to a new one", async ({ page, mailbox, anotherBrowser, allowConsole }) => {
    allowConsole(/status of 410/);
    const person = somebody("Wanda");
    const phone = await (await anotherBrowser({ javaScriptEnabled: scripted })).newPage();
    await signUpOnly(phone, person);
    const first = await mailbox.next(person.email, /Confirm/);
    await open(page, "/verify");
    await expect(page.getByRole("main")).toContainText("This link has expired or has already been used");
    await page.getByLabel("Email").fill(person.email);
    await page.getByRole("button", { name: "Send new link" }).click();
    await arrived(page, "/verify/sent");
    await expect(page.getByRole("status")).toContainText("we've sent it a new link");
    const second = await mailbox.next(person.email, /Confirm/);
    expect(second.link).not.toBe(first.link);
    await page.goto(second.link);
    await passwordField(page).fill(person.password);
    await page.getByRole("button", { name: "Confirm email address" }).click();
    await arrived(page, "/dashboard");
    await phone.goto(first.link);
    await expect(phone.getByRole("main")).toContainText("This link has expired or has already been used");
  });

  test("who signs up with a stranger's address sees the same, and the stranger is told", async ({
    page,
    mailbox,
    anotherBrowser,
  }) => {
    const owner = await signedUpByMail(page, mailbox, "Xenia");
    const thief = await (await anotherBrowser({ javaScriptEnabled: scripted })).newPage();
    await signUpOnly(thief, { ...owner, password: "a password of somebody else" });
    await expect(thief.getByRole("main")).toContainText("Open it to continue");
    const mail = await mailbox.next(owner.email, /already have an account/);
    expect(mail.link).toBe("");
  });
});

async function signUpOnly(page: Page, person: Person): Promise<void> {
  await page.goto("/signup");
  await page.getByLabel("Name").fill(person.name);
  await page.getByLabel("Email").fill(person.email);
  await passwordField(page).fill(person.password);
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.waitForURL("**/verify/sent");
}
