// A new password: for who knows the one before, and every other device is logged out.

import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { expectWrong } from "./forms.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { ACCESS, SESSION, askApi, cookie, enterAndLogIn, loggedIn, signedUp } from "./people.ts";

const PAGE = "/account/password";
const NEW = "another horse battery";

withAndWithoutJavaScript(({ scripted, open, arrived }) => {
  test("a new password logs out the other device with the reason, and this one stays", async ({
    page,
    server,
    anotherBrowser,
  }) => {
    const person = await signedUp(page, "Nora");
    const phone = await (await anotherBrowser()).newPage();
    await loggedIn(phone, person);
    await open(phone, "/dashboard");
    await open(page, PAGE);
    const token = await cookie(phone.context(), ACCESS);
    const secret = await cookie(page.context(), SESSION);
    expect(await askApi(server, token)).toBe(200);

    await change(page, person.password, NEW);
    await arrived(page, "/account/devices");
    await expect(page.getByRole("status")).toContainText("Password changed. You're logged out on 1 other device.");
    await expect(page.getByRole("status")).toBeFocused();
    await expect(page.getByRole("main")).toContainText("You're not logged in on any other device.");

    expect(await askApi(server, token)).toBe(401);
    expect(await cookie(page.context(), SESSION), "a new secret").not.toBe(secret);
    await open(phone, "/dashboard");
    await expect(phone).toHaveURL("/login?next=%2Fdashboard");
    const reason = "You were logged out because your password was changed on another device.";
    await expect(phone.getByRole("main")).toContainText(reason);
    await open(page, "/dashboard");
    await expect(page.getByRole("main")).toContainText(person.email);
  });

  test("the old password is refused from then on, and the new one works", async ({
    page,
    anotherBrowser,
    allowConsole,
  }) => {
    allowConsole(/401/);
    const person = await signedUp(page, "Olga");
    await open(page, PAGE);
    await change(page, person.password, NEW);
    await arrived(page, "/account/devices");
    await expect(page.getByRole("status")).toContainText("You weren't logged in on any other device.");

    const phone = await (await anotherBrowser()).newPage();
    await open(phone, "/login");
    await enterAndLogIn(phone, person);
    await expect(phone.getByRole("main")).toContainText("Check both and try again.");
    await enterAndLogIn(phone, { ...person, password: NEW });
    await arrived(phone, "/dashboard");
  });

  test("a wrong current password changes nothing and is said at its field", async ({
    page,
    anotherBrowser,
    allowConsole,
  }) => {
    allowConsole(/422/);
    const person = await signedUp(page, "Pia");
    const phone = await (await anotherBrowser()).newPage();
    await loggedIn(phone, person);
    await open(page, PAGE);
    await change(page, "not the password", NEW);
    await expectWrong(current(page), /Wrong password\. Try again\./);
    await expect(fresh(page)).not.toHaveAttribute("aria-invalid", "true");
    await expect(current(page)).toHaveValue("");
    if (scripted) {
      await expect(current(page)).toBeFocused();
      await expect(fresh(page), "what was typed for the new one stays").toHaveValue(NEW);
    }
    expect(new URL(page.url()).pathname).toBe(scripted ? PAGE : "/actions/change_password");
    await open(phone, "/dashboard");
    await expect(phone).toHaveURL("/dashboard");

    // And on from there.
    await change(page, person.password, NEW);
    await arrived(page, "/account/devices");
    await expect(page.getByRole("status")).toContainText("You're logged out on 1 other device.");
  });

  test("the current password is asked for although the log-in is fresh", async ({ page, allowConsole }) => {
    allowConsole(/422/);
    await signedUp(page, "Ruth");
    await open(page, PAGE);
    await change(page, "", NEW);
    await expectWrong(current(page), /Enter your current password/);
    if (scripted) await expect(current(page)).toBeFocused();
  });

  test("a new password that is too short is said at its field", async ({ page, allowConsole }) => {
    allowConsole(/422/);
    const person = await signedUp(page, "Sara");
    await open(page, PAGE);
    await change(page, person.password, "short");
    await expectWrong(fresh(page), /at least 10 characters/);
    await expect(current(page)).not.toHaveAttribute("aria-invalid", "true");
    if (scripted) {
      await expect(fresh(page)).toBeFocused();
      await expect(current(page), "it was right perhaps").toHaveValue(person.password);
    }
    expect(page.url(), "no password in the address").not.toContain("short");
  });
});

const current = (page: Page) => page.getByLabel("Current password", { exact: true });
const fresh = (page: Page) => page.getByLabel("New password", { exact: true });

async function change(page: Page, from: string, to: string): Promise<void> {
  await current(page).fill(from);
  await fresh(page).fill(to);
  await page.getByRole("button", { name: "Change password" }).click();
}
