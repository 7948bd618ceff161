// Sign up, log in, log out: with JavaScript. Without it: without-javascript.spec.ts.

import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { expectAnnounced, expectWrong } from "./forms.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { gate } from "./notebook.ts";
import {
  ACCESS,
  SESSION,
  arrived,
  askApi,
  cookie,
  enterAndLogIn,
  hydrated,
  logIn,
  logOut,
  open,
  passwordField,
  signUp,
  signedUp,
  somebody,
} from "./people.ts";

test("a person signs up, sees the dashboard, logs out and logs in again", async ({ page }) => {
  const person = somebody("Alice");
  await signUp(page, person);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(person.name);
  await expect(page.getByRole("main")).toContainText(person.email);

  await logOut(page);
  await expect(page.getByRole("banner").getByRole("link", { name: "Log in" })).toBeVisible();
  await open(page, "/dashboard");
  await expect(page).toHaveURL("/login?next=%2Fdashboard");

  await logIn(page, person);
  await expect(page.getByRole("main")).toContainText(person.email);
});

test("logging out ends the access token, too, and the back button shows nothing", async ({ page, server }) => {
  const person = await signedUp(page, "Bea");
  await open(page, "/dashboard");
  const token = await cookie(page.context(), ACCESS);
  expect(await askApi(server, token)).toBe(200);

  await logOut(page);
  expect(await askApi(server, token)).toBe(401);
  await page.goBack();
  await expect(page).toHaveURL(/\/login/);
  await expect(page.locator("body")).not.toContainText(person.email);
});

test("a session in another browser is on the dashboard and lives on after the log-out", async ({
  page,
  anotherBrowser,
}) => {
  const person = await signedUp(page, "Carl");
  await open(page, "/dashboard");
  const elsewhere = page.getByRole("region", { name: "Other devices" });
  await expect(elsewhere.getByRole("listitem")).toHaveCount(0);

  const phone = await (await anotherBrowser()).newPage();
  await logIn(phone, person);
  await open(page, "/dashboard");
  await expect(elsewhere.getByRole("listitem")).toHaveCount(1);

  await logOut(page);
  await open(phone, "/dashboard");
  await expect(phone.getByRole("main")).toContainText(person.email);
});

test("logging in gives the browser another session cookie, and the one before is dead", async ({ page }) => {
  const person = await signedUp(page, "Dora");
  const context = page.context();
  const [before] = await context.cookies().then((all) => all.filter(({ name }) => name === SESSION));
  await open(page, "/dashboard");
  await logOut(page);
  await logIn(page, person);
  expect(await cookie(context, SESSION)).not.toBe(before?.value);

  await context.clearCookies();
  await context.addCookies([before!]);
  await open(page, "/dashboard");
  await expect(page).toHaveURL(/\/login/);
});

test("a sign-up with wrong fields keeps what was typed and says at each field what to do", async ({
  page,
  allowConsole,
}) => {
  allowConsole(/422/);
  await open(page, "/signup");
  await page.getByLabel("Name").fill("Erna");
  await page.getByLabel("Email").fill("erna(at)example.com");
  await passwordField(page).fill("short");
  await page.getByRole("button", { name: "Sign up" }).click();

  await expectWrong(page.getByLabel("Email"), /name@example\.com/);
  await expectWrong(passwordField(page), /at least 10 characters/);
  await expect(page.getByLabel("Name")).not.toHaveAttribute("aria-invalid", "true");
  await expectAnnounced(page, /There are 2 problems/);
  await expectKept(page, { Name: "Erna", Email: "erna(at)example.com" });

  // And on from there: what is right now is not marked any more, and the list gets shorter.
  const person = somebody("Erna");
  const summary = page.locator("[aria-live=assertive]");
  await summary.getByRole("link", { name: /name@example\.com/ }).click();
  await expect(page.getByLabel("Email")).toBeFocused();
  await page.getByLabel("Email").fill("still wrong");
  await expect(page.getByLabel("Email")).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("Email").fill(person.email);
  await expect(page.getByLabel("Email")).not.toHaveAttribute("aria-invalid", "true");
  await expect(summary).toContainText("There is a problem");
  await expect(summary.getByRole("link")).toHaveText([/at least 10 characters/]);
  await passwordField(page).fill(person.password);
  await expect(summary).toHaveText("");
  await passwordField(page).fill(person.password);
  await page.getByRole("button", { name: "Sign up" }).click();
  await arrived(page, "/dashboard");
});

test("an empty form names every field", async ({ page, allowConsole }) => {
  allowConsole(/422/);
  await open(page, "/signup");
  await page.getByRole("button", { name: "Sign up" }).click();
  for (const field of [page.getByLabel("Name"), page.getByLabel("Email")]) await expectWrong(field, /Enter/);
  await expectWrong(passwordField(page), /Choose a password/);
  await expectAnnounced(page, /There are 3 problems/);
});

test("an e-mail that has an account is refused without losing what was typed", async ({
  page,
  anotherBrowser,
  allowConsole,
}) => {
  allowConsole(/422/);
  const person = await signedUp(page, "Fred");
  const other = await (await anotherBrowser()).newPage();
  await open(other, "/signup");
  await other.getByLabel("Name").fill("Another Fred");
  await other.getByLabel("Email").fill(person.email.toUpperCase());
  await passwordField(other).fill(person.password);
  await other.getByRole("button", { name: "Sign up" }).click();
  await expectAnnounced(other, /Log in instead/);
  await expectKept(other, { Name: "Another Fred", Email: person.email.toUpperCase() });
});

test("a wrong password and an unknown e-mail are answered with the same words", async ({ page, allowConsole }) => {
  allowConsole(/401/);
  const person = await signedUp(page, "Gina");
  await page.context().clearCookies();
  const words: string[] = [];
  for (const email of [person.email, somebody("Nobody").email]) {
    await open(page, "/login");
    await enterAndLogIn(page, { email, password: "not the password" });
    await expectAnnounced(page, /Check both and try again/);
    await expectKept(page, { Email: email });
    words.push(await page.getByRole("main").innerText());
  }
  expect(words[0]).toBe(words[1]);
});

test("a lost connection is said and nothing typed is lost", async ({ page, allowConsole }) => {
  allowConsole(/ERR_INTERNET_DISCONNECTED/);
  const person = await signedUp(page, "Hans");
  await page.context().clearCookies();
  await open(page, "/login");
  await page.context().setOffline(true);
  await enterAndLogIn(page, person);
  await expectAnnounced(page, /couldn't reach the server/);
  await expectKept(page, { Email: person.email });

  await page.context().setOffline(false);
  await passwordField(page).fill(person.password);
  await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
  await arrived(page, "/dashboard");
});

test("a form is sent once, and its button says that the answer is on its way", async ({ page }) => {
  const person = await signedUp(page, "Ines");
  await page.context().clearCookies();
  let sent = 0;
  const answer = gate();
  await page.route("**/actions/log_in", async (route) => {
    sent += 1;
    await answer.passed;
    await route.continue();
  });
  await open(page, "/login");
  await enterAndLogIn(page, person);
  const button = page.getByRole("main").getByRole("button", { name: "Checking…" });
  await expect(button).toHaveAttribute("aria-disabled", "true");
  await expect(button).toBeFocused();
  await page.keyboard.press("Enter");
  await passwordField(page).press("Enter");
  answer.open();
  await arrived(page, "/dashboard");
  expect(sent).toBe(1);
});

test("an answer that is none of the program is told as such, and the form can be sent again", async ({
  page,
  allowConsole,
}) => {
  allowConsole(/status of 502/);
  const person = await signedUp(page, "Jule");
  await page.context().clearCookies();
  await open(page, "/login");
  await page.route("**/actions/log_in", (route) => route.fulfill({ status: 502, body: "<h1>Bad gateway</h1>" }));
  await enterAndLogIn(page, person);
  await expectAnnounced(page, /The server is busy/);
  await page.unroute("**/actions/log_in");
  await enterAndLogIn(page, person);
  await arrived(page, "/dashboard");
});

test("an answer of somebody on the way is no success, and a shown password is hidden once it is sent", async ({ page }) => {
  await open(page, "/login");
  await page.route("**/actions/log_in", (route) => route.fulfill({ status: 200, body: "<h1>Welcome to the hotel</h1>" }));
  await page.getByRole("button", { name: "Show password" }).click();
  await enterAndLogIn(page, somebody("Kai"));
  await expectAnnounced(page, /couldn't reach the server/);
  await expect(passwordField(page)).toHaveAttribute("type", "password");
  await expect(page.getByRole("button", { name: "Show password" })).toBeVisible();
});

test("after the log-in the person is where they wanted to go", async ({ page }) => {
  const person = await signedUp(page, "Ida");
  await page.context().clearCookies();
  await open(page, "/notes");
  await expect(page).toHaveURL("/login?next=%2Fnotes");
  await enterAndLogIn(page, person);
  await arrived(page, "/notes");
});

test("the log-in leads to no other site", async ({ page }) => {
  const person = await signedUp(page, "Jan");
  for (const next of ["https://example.org/", "//example.org/", "/\\example.org/", "/\t/example.org/"]) {
    await page.context().clearCookies();
    await open(page, `/login?next=${encodeURIComponent(next)}`);
    await enterAndLogIn(page, person);
    await arrived(page, "/dashboard");
  }
});

test("who is logged in needs no log-in page", async ({ page }) => {
  await signedUp(page, "Kim");
  for (const path of ["/login", "/signup"]) {
    await page.goto(path);
    await expect(page).toHaveURL("/dashboard");
    await hydrated(page);
  }
});

test("the password can be shown and hidden again", async ({ page }) => {
  await open(page, "/login");
  await passwordField(page).fill("a long sentence");
  const button = page.getByRole("button", { name: "Show password" });
  await button.click();
  await expect(passwordField(page)).toHaveAttribute("type", "text");
  await expect(passwordField(page)).toHaveValue("a long sentence");
  await page.getByRole("button", { name: "Hide password" }).click();
  await expect(passwordField(page)).toHaveAttribute("type", "password");
});

async function expectKept(page: Page, typed: Record<string, string>): Promise<void> {
  for (const [label, text] of Object.entries(typed)) await expect(page.getByLabel(label)).toHaveValue(text);
  await expect(passwordField(page)).toHaveValue("");
}

withAndWithoutJavaScript(({ open, arrived }) => {
  test("several problems are counted above the form, and each leads to its field", async ({ page, allowConsole }) => {
    allowConsole(/422/);
    await open(page, "/signup");
    await page.getByRole("button", { name: "Sign up" }).click();
    await expectAnnounced(page, /There are 3 problems/);
    const links = page.locator("[aria-live=assertive]").getByRole("link");
    await expect(links).toHaveText(["Enter your name.", "Enter your email address.", "Choose a password."]);
    await links.nth(1).click();
    await expect(page.getByLabel("Email")).toBeFocused();
    await page.keyboard.type("erna@example.com");
    await expect(page.getByLabel("Email")).toHaveValue("erna@example.com");
  });

  test("who logs out is told so, and who has to log in is told why", async ({ page }) => {
    await signedUp(page, "Lotte");
    await open(page, "/dashboard");
    await page.getByRole("button", { name: "Log out" }).click();
    await arrived(page, "/");
    await expect(page.getByRole("status")).toContainText("You're logged out.");
    await page.goto("/notes");
    await arrived(page, "/login?next=%2Fnotes");
    await expect(page.getByRole("main")).toContainText("Log in to see that page.");
  });

  test("a disabled person is told whom to ask, and a stranger nothing", async ({ page, server, anotherBrowser, allowConsole }) => {
    allowConsole(/401/);
    const person = await signedUp(page, "Mona");
    await server.cli(["users", "disable", person.email, "--reason", "a test"]);
    await page.goto("/dashboard");
    await arrived(page, "/login?next=%2Fdashboard");
    await expect(page.getByRole("main")).toContainText("Your account has been disabled.");
    await expect(page.getByRole("main")).toContainText("Contact your administrator.");
    await enterAndLogIn(page, person);
    await expect(page.getByRole("main")).toContainText("A disabled account can't log in");
    const stranger = await (await anotherBrowser()).newPage();
    await stranger.goto("/login");
    await enterAndLogIn(stranger, person);
    await expect(stranger.getByRole("main")).toContainText("Wrong email or password.");
    await expect(stranger.getByRole("main")).not.toContainText("disabled");
  });
});
