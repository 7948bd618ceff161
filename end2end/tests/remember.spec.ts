// "Remember me": whether the log-in outlives the browser.

import type { BrowserContext, Cookie } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { type Person, SESSION, enterAndLogIn, passwordField, signedUp } from "./people.ts";

const REMEMBERED_SECONDS = 60 * 24 * 60 * 60;

/** Between the server's making of the cookie and our look at it. */
const LATE_SECONDS = 120;

withAndWithoutJavaScript(({ open, arrived }) => {
  test("with it the cookie stays for sixty days, also when the browser is closed", async ({ page, anotherBrowser }) => {
    const person = await newcomer(page.context());
    await open(page, "/login");
    await page.getByLabel("Remember me").check();
    await enterAndLogIn(page, person);
    await arrived(page, "/dashboard");
    await expectRemembered(page.context());

    const reopened = await anotherBrowser();
    await reopened.addCookies(await persistent(page.context()));
    const later = await reopened.newPage();
    await open(later, "/account/devices");
    await expect(later.getByRole("region", { name: "This device" })).toContainText("Stays logged in until");
  });

  test("without it the cookie ends with the browser", async ({ page, anotherBrowser }) => {
    const person = await newcomer(page.context());
    await open(page, "/login");
    await expect(page.getByLabel("Remember me")).not.toBeChecked();
    await enterAndLogIn(page, person);
    await arrived(page, "/dashboard");
    await expectNotRemembered(page.context());
    await open(page, "/account/devices");
    await expect(page.getByRole("main")).not.toContainText("remembered");

    const reopened = await anotherBrowser();
    await reopened.addCookies(await persistent(page.context()));
    const later = await reopened.newPage();
    await open(later, "/dashboard");
    await expect(later).toHaveURL("/login?next=%2Fdashboard");
  });

  for (const ticked of [true, false]) {
    test(`a wrong password leaves the box ${ticked ? "ticked" : "empty"}`, async ({ page, allowConsole }) => {
      allowConsole(/401/);
      const person = await newcomer(page.context());
      await open(page, "/login");
      const box = page.getByLabel("Remember me");
      await box.setChecked(ticked);
      // Twice: the second answer stands on the first.
      for (const password of ["not the password", "not this one either"]) {
        await enterAndLogIn(page, { email: person.email, password });
        // Emptied by the answer.
        await expect(passwordField(page)).toHaveValue("");
        await expect(page.getByRole("main")).toContainText("Check both and try again.");
        await expect(box).toBeChecked({ checked: ticked });
      }
      await enterAndLogIn(page, person);
      await arrived(page, "/dashboard");
      await (ticked ? expectRemembered : expectNotRemembered)(page.context());
    });
  }

  test("the box is empty again for who comes next", async ({ page, allowConsole }) => {
    allowConsole(/401/);
    await open(page, "/login");
    await page.getByLabel("Remember me").check();
    await enterAndLogIn(page, { email: "nobody@example.com", password: "not the password" });
    await expect(page.getByRole("main")).toContainText("Check both and try again.");
    await open(page, "/login");
    await expect(page.getByLabel("Remember me")).not.toBeChecked();
  });
});

/** Somebody with an account, who is not logged in. */
async function newcomer(context: BrowserContext): Promise<Person> {
  const page = await context.newPage();
  const person = await signedUp(page, "Rita");
  await page.close();
  await context.clearCookies();
  return person;
}

async function expectRemembered(context: BrowserContext): Promise<void> {
  const { expires } = await sessionCookie(context);
  const end = Date.now() / 1000 + REMEMBERED_SECONDS;
  expect(expires).toBeGreaterThan(end - LATE_SECONDS);
  expect(expires).toBeLessThanOrEqual(end + 1);
}

async function expectNotRemembered(context: BrowserContext): Promise<void> {
  expect((await sessionCookie(context)).expires).toBe(-1);
}

async function sessionCookie(context: BrowserContext): Promise<Cookie> {
  const found = (await context.cookies()).find(({ name }) => name === SESSION);
  if (!found) throw new Error("there is no session cookie");
  return found;
}

/** What is left of the cookies when the browser is closed. */
async function persistent(context: BrowserContext): Promise<Cookie[]> {
  return (await context.cookies()).filter(({ expires }) => expires !== -1);
}
