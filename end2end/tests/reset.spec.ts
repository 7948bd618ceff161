// A forgotten password: the mail, the new one, and what the other browser is told.

import { expect, test } from "./fixtures.ts";
import { expectWrong } from "./forms.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { followToken, signedUpByMail, tokenOf } from "./links.ts";
import { enterAndLogIn, loggedOutDialog, somebody } from "./people.ts";

test.use({ withMailbox: true });

const NEW = "another horse battery";

withAndWithoutJavaScript(({ scripted, open, arrived }) => {
  test("forgot, mail, new password, log-in; the other browser is told why", async ({
    page,
    mailbox,
    anotherBrowser,
    allowConsole,
  }) => {
    allowConsole(/status of (401|410|422)/);
    const person = await signedUpByMail(page, mailbox, "Yara");
    const phone = await (await anotherBrowser({ javaScriptEnabled: scripted })).newPage();
    const follow = followToken(phone.context());
    await open(phone, "/login");
    await phone.getByRole("link", { name: "Forgot your password?" }).click();
    await arrived(phone, "/forgot");
    await phone.getByLabel("Email").fill(person.email);
    await phone.getByRole("button", { name: "Send link" }).click();
    await arrived(phone, "/forgot/sent");
    await expect(phone.getByRole("main")).toContainText(`If ${person.email} has an account, we've sent it a link.`);

    const { link } = await mailbox.next(person.email, /Reset your password/);
    await phone.goto(link);
    await arrived(phone, "/reset");
    await expect(phone.getByRole("main")).toContainText(person.email);
    const field = phone.getByLabel("New password", { exact: true });
    await field.fill("short");
    await phone.getByRole("button", { name: "Save password" }).click();
    await expectWrong(field, /at least 10 characters/);
    await field.fill(person.password);
    await phone.getByRole("button", { name: "Save password" }).click();
    await expectWrong(field, /different from your current one/);
    await field.fill(NEW);
    await phone.getByRole("button", { name: "Save password" }).click();
    await arrived(phone, "/login");
    await expect(phone.getByRole("status")).toContainText("Your password has been changed. Log in with the new one.");

    const reason = "your password was reset";
    if (scripted) await expect(loggedOutDialog(page)).toContainText(reason);
    await page.goto("/dashboard");
    await expect(page.getByRole("main")).toContainText(reason);

    await enterAndLogIn(phone, { ...person, password: NEW });
    await arrived(phone, "/dashboard");
    await follow.leftWith(tokenOf(link));
    await phone.goto(link);
    await expect(phone.getByRole("main")).toContainText("This link has expired or has already been used");
    await expect(phone.getByRole("link", { name: "change it" })).toHaveAttribute("href", "/account/password");
    await mailbox.next(person.email, /password/);
  });

  test("two links in two tabs: the form sets the password of the account that it names, or none", async ({
    page,
    context,
    mailbox,
    anotherBrowser,
    allowConsole,
  }) => {
    allowConsole(/status of (401|409)/);
    const other = async () => (await anotherBrowser()).newPage();
    const yara = await signedUpByMail(await other(), mailbox, "Yara");
    const zoe = await signedUpByMail(await other(), mailbox, "Zoe");
    const tabs = [page, await context.newPage()] as const;
    for (const [tab, person] of [[tabs[0], yara], [tabs[1], zoe]] as const) {
      await open(tab, "/forgot");
      await tab.getByLabel("Email").fill(person.email);
      await tab.getByRole("button", { name: "Send link" }).click();
      await arrived(tab, "/forgot/sent");
      await tab.goto((await mailbox.next(person.email, /Reset your password/)).link);
      await arrived(tab, "/reset");
      await expect(tab.getByRole("main")).toContainText(person.email);
    }
    const [first, second] = tabs;
    await first.getByLabel("New password", { exact: true }).fill(NEW);
    await first.getByRole("button", { name: "Save password" }).click();
    await expect(first.locator("[aria-live=assertive]")).toContainText("You have opened another link since");

    await second.getByLabel("New password", { exact: true }).fill(NEW);
    await second.getByRole("button", { name: "Save password" }).click();
    await arrived(second, "/login");
    await enterAndLogIn(second, { ...zoe, password: NEW });
    await arrived(second, "/dashboard");
    const phone = await (await anotherBrowser({ javaScriptEnabled: scripted })).newPage();
    await open(phone, "/login");
    await enterAndLogIn(phone, yara);
    await arrived(phone, "/dashboard");
  });

  test("an address without an account gets the same page and no mail", async ({ page, mailbox }) => {
    const nobody = somebody("Nobody");
    await open(page, "/forgot");
    await page.getByLabel("Email").fill(nobody.email);
    await page.getByRole("button", { name: "Send link" }).click();
    await arrived(page, "/forgot/sent");
    await expect(page.getByRole("main")).toContainText(`If ${nobody.email} has an account, we've sent it a link.`);
    // Mails are sent in turn: when a later one is there, this one would be.
    const person = await signedUpByMail(page, mailbox, "Zoe");
    expect(person.email).not.toBe(nobody.email);
    expect(mailbox.waiting(nobody.email)).toEqual([]);
  });
});
