// One's own name and address.

import { expect, test } from "./fixtures.ts";
import { expectWrong } from "./forms.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { followToken, signedUpByMail, tokenOf } from "./links.ts";
import { enterAndLogIn, somebody } from "./people.ts";

test.use({ withMailbox: true });

withAndWithoutJavaScript(({ open, arrived }) => {
  test("a new name stands in the header at once", async ({ page, mailbox, allowConsole }) => {
    allowConsole(/status of 422/);
    await signedUpByMail(page, mailbox, "Anna");
    await open(page, "/dashboard");
    await page.getByRole("link", { name: "Account", exact: true }).click();
    await arrived(page, "/account/profile");
    await page.getByRole("textbox", { name: "Name" }).fill(" ");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expectWrong(page.getByRole("textbox", { name: "Name" }), /Enter your name/);
    await page.getByRole("textbox", { name: "Name" }).fill("Anna of the Hill");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByRole("status")).toContainText("Name changed.");
    await expect(page.getByRole("banner")).toContainText("Anna of the Hill");
  });

  test("a new address is confirmed from its mailbox, and the old one is told", async ({
    page,
    mailbox,
    anotherBrowser,
    allowConsole,
  }) => {
    allowConsole(/status of (401|410|422)/);
    const person = await signedUpByMail(page, mailbox, "Berta");
    const { email } = somebody("Berta");
    const follow = followToken(page.context());
    await open(page, "/account/profile/email");
    await page.getByLabel("New email address").fill(person.email);
    await page.getByRole("button", { name: "Send link" }).click();
    await expectWrong(page.getByLabel("New email address"), /This is already your email address/);
    await page.getByLabel("New email address").fill(email);
    await page.getByRole("button", { name: "Send link" }).click();
    await arrived(page, "/account/profile");
    await expect(page.getByRole("status")).toContainText(email);

    const { link } = await mailbox.next(email, /Confirm your new/);
    // Somebody else's click changes nothing.
    const stranger = await (await anotherBrowser()).newPage();
    await stranger.goto(link);
    await expect(stranger).toHaveURL("/login?next=%2Fverify-email");
    await page.goto(link);
    await arrived(page, "/verify-email");
    await expect(page.getByRole("main")).toContainText(email);
    await page.getByRole("button", { name: "Use this address" }).click();
    await arrived(page, "/account/profile");
    await expect(page.getByRole("status")).toContainText(`Your email address has been changed to ${email}.`);
    await expect(page.getByRole("main")).toContainText(email);
    await follow.leftWith(tokenOf(link));

    const told = await mailbox.next(person.email, /email/);
    expect(told.text).not.toContain(email);
    await open(stranger, "/login");
    await enterAndLogIn(stranger, { ...person, email });
    await expect(stranger).toHaveURL("/dashboard");
  });

  test("a change of address that waits is shown, its link sent again, and called off", async ({ page, mailbox, allowConsole }) => {
    allowConsole(/410/);
    await signedUpByMail(page, mailbox, "Carla");
    const { email } = somebody("Carla");
    await open(page, "/account/profile/email");
    await page.getByLabel("New email address").fill(email);
    await page.getByRole("button", { name: "Send link" }).click();
    await arrived(page, "/account/profile");
    const first = await mailbox.next(email, /Confirm your new/);
    await open(page, "/account/profile");
    const card = page.getByRole("region", { name: "Email" });
    await expect(card).toContainText(email);
    await page.getByRole("button", { name: "Resend email" }).click();
    await expect(page.getByRole("status")).toContainText("We've sent a new link.");
    const second = await mailbox.next(email, /Confirm your new/);
    expect(second.link).not.toBe(first.link);

    await page.getByRole("button", { name: "Cancel change" }).click();
    await expect(page.getByRole("status")).toContainText("Change cancelled.");
    await expect(card).not.toContainText(email);
    await page.goto(second.link);
    await expect(page.getByRole("main")).toContainText("expired or has already been used");
  });
});
