// The whole way without JavaScript: every form is a form.

import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { WITHOUT_JAVASCRIPT } from "./javascript.ts";
import { type Person, administrator, passwordField, signedUp, somebody } from "./people.ts";

test.use({ javaScriptEnabled: false });

test.beforeEach(({ allowConsole }) => {
  allowConsole(WITHOUT_JAVASCRIPT);
});

test("a person signs up, logs out, logs in and sees the dashboard", async ({ page }) => {
  const person = somebody("Paula");
  await page.goto("/signup");
  await fillIn(page, person);
  await page.getByRole("button", { name: "Sign up" }).click();
  await expectDashboard(page, person);

  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page).toHaveURL("/");
  await page.goto("/dashboard");
  await expect(page).toHaveURL("/login?next=%2Fdashboard");
  await logIn(page, person);
  await expectDashboard(page, person);
});

test("a sign-up with wrong fields keeps what was typed and says at each field what to do", async ({ page }) => {
  await page.goto("/signup");
  await fillIn(page, { name: "Quirin", email: "quirin(at)example.com", password: "short" });
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByLabel("Email")).toHaveAccessibleDescription(/name@example\.com/);
  await expect(page.getByLabel("Email")).toHaveAttribute("aria-invalid", "true");
  await expect(passwordField(page)).toHaveAccessibleDescription(/at least 10 characters/);
  await expect(page.getByLabel("Name")).toHaveValue("Quirin");
  await expect(page.getByLabel("Email")).toHaveValue("quirin(at)example.com");
  await expect(passwordField(page)).toHaveValue("");
  await expect(page, "the answer to the form is its page").toHaveURL("/actions/sign_up");

  const person = somebody("Quirin");
  await fillIn(page, person);
  await page.getByRole("button", { name: "Sign up" }).click();
  await expectDashboard(page, person);
});

test("a wrong password keeps the e-mail and the way on", async ({ page }) => {
  const person = await signedUp(page, "Rosa");
  await page.context().clearCookies();
  await page.goto("/notes");
  await expect(page).toHaveURL("/login?next=%2Fnotes");
  await logIn(page, { ...person, password: "not the password" });
  await expect(page.getByRole("main")).toContainText("Check both and try again.");
  await expect(page.getByLabel("Email")).toHaveValue(person.email);
  await expect(passwordField(page)).toHaveValue("");
  await logIn(page, person);
  await expect(page).toHaveURL("/notes");
  // Not by its text: Playwright reads none inside <noscript>.
  await expect(page.locator("noscript .notice")).toBeVisible();
});

test("an administrator forces a log-out and gets a receipt; the person is told", async ({
  page,
  server,
  anotherBrowser,
}) => {
  const victim = await signedUp(page, "Sven");
  await page.goto("/dashboard");
  const admin = await (await anotherBrowser({ javaScriptEnabled: false })).newPage();
  await admin.goto("/login?next=%2Fadmin%2Fusers");
  await logIn(admin, await administrator(server));
  await expect(admin).toHaveURL("/admin/users");
  await admin.getByLabel("Name or email").fill(victim.email);
  await admin.getByRole("button", { name: "Search" }).click();
  await admin.getByRole("link", { name: victim.name }).click();

  const sessions = admin.getByRole("region", { name: "Active sessions" }).getByRole("listitem");
  await expect(sessions).toHaveCount(1);
  await admin.getByRole("link", { name: "Force logout" }).click();
  await admin.getByRole("button", { name: "Force logout" }).click();
  await expect(admin.getByLabel("Reason")).toHaveAccessibleDescription(/Enter a reason/);
  await admin.getByLabel("Reason").fill("without a script");
  await admin.getByRole("button", { name: "Force logout" }).click();
  const receipt = /1 session ended and up to 1 token revoked, in \d+ ms/;
  await expect(admin.getByRole("status")).toContainText(receipt);
  await expect(sessions).toHaveCount(0);

  await page.goto("/dashboard");
  await expect(page).toHaveURL("/login?next=%2Fdashboard");
  await expect(page.getByRole("main")).toContainText("An administrator logged you out.");
  await logIn(page, victim);
  await expectDashboard(page, victim);
});

test("what was typed when the session had ended waits for a log-in in a new tab", async ({ page }) => {
  const person = await signedUp(page, "Uli");
  await page.goto("/account/profile");
  await page.context().clearCookies();
  await page.getByRole("textbox", { name: "Name" }).fill("Uli of the Valley");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page).toHaveURL("/actions/change_name");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You're logged out");
  const opened = page.waitForEvent("popup");
  await page.getByRole("link", { name: "Log in in a new tab" }).click();
  const tab = await opened;
  await logIn(tab, person);
  await expectDashboard(tab, person);
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page).toHaveURL("/account/profile");
  await expect(page.getByRole("status")).toContainText("Name changed.");
  await expect(page.getByRole("banner")).toContainText("Uli of the Valley");
});

test("the receipt is shown once", async ({ page, server, anotherBrowser }) => {
  const victim = await signedUp(await (await anotherBrowser()).newPage(), "Tilda");
  await page.goto("/login?next=%2Fadmin%2Fusers");
  await logIn(page, await administrator(server));
  await page.goto(`/admin/users?q=${encodeURIComponent(victim.email)}`);
  await page.getByRole("link", { name: victim.name }).click();
  await page.getByRole("link", { name: "Force logout" }).click();
  await page.getByLabel("Reason").fill("once");
  await page.getByRole("button", { name: "Force logout" }).click();
  await expect(page.getByRole("status")).toContainText("1 session ended");
  await page.goto(page.url());
  await expect(page.getByRole("status")).toHaveCount(0);
});

test("controls that need a script are not shown", async ({ page }) => {
  await page.goto("/login");
  await expect(passwordField(page)).toBeVisible();
  await expect(page.getByRole("button", { name: "Show password" })).toHaveCount(0);
  await signedUp(page, "Theo");
  await page.goto("/notes");
  await expect(page.locator("noscript .notice")).toBeVisible();
  await expect(page.getByRole("main").getByRole("button").or(page.getByRole("searchbox"))).toHaveCount(0);
  await expect(page.getByText("Loading your notes…"), "nothing is on its way").toBeHidden();
});

async function fillIn(page: Page, { name, email, password }: Person): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Email").fill(email);
  await passwordField(page).fill(password);
}

async function logIn(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await passwordField(page).fill(password);
  await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
}

async function expectDashboard(page: Page, person: Person): Promise<void> {
  await expect(page).toHaveURL("/dashboard");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(person.name);
  await expect(page.getByRole("main")).toContainText(person.email);
}
