// Choosing a password: what is refused and why, how strong it is while one types, and that managers and phones help.

import type { Locator, Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { expectWrong } from "./forms.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { gate } from "./notebook.ts";
import { CONFIRM } from "./pages.ts";
import { open, passwordField, signedUp, somebody } from "./people.ts";

const QUESTION = "**/actions/password_strength";

withAndWithoutJavaScript(({ scripted, open, arrived }) => {
  test("a common password is refused at its field with the reason, and a sentence is taken", async ({
    page,
    allowConsole,
  }) => {
    allowConsole(/422/);
    const person = somebody("Tina");
    await open(page, "/signup");
    await page.getByLabel("Name").fill(person.name);
    await page.getByLabel("Email").fill(person.email);
    await passwordField(page).fill("password1234");
    await page.getByRole("button", { name: "Sign up" }).click();
    await expectWrong(passwordField(page), /one of the most common passwords\. Use a short sentence of your own/);
    await expect(passwordField(page)).toHaveValue("");
    await expect(passwordField(page)).toBeFocused();
    expect(page.url(), "no password in the address").not.toContain("1234");
    await expect(page.getByLabel("Email")).toHaveValue(person.email);

    await passwordField(page).fill(person.password);
    await page.getByRole("button", { name: "Sign up" }).click();
    await arrived(page, "/dashboard");
  });

  test("a new password with one's name in it is refused at its field", async ({ page, allowConsole }) => {
    allowConsole(/422/);
    const person = await signedUp(page, "Clementine");
    await open(page, "/account/password");
    await page.getByLabel("Current password", { exact: true }).fill(person.password);
    await page.getByLabel("New password", { exact: true }).fill("oh my darling Clementine");
    await page.getByRole("button", { name: "Change password" }).click();
    await expectWrong(page.getByLabel("New password", { exact: true }), /Don't use your name/);
  });

  test("the first field has the focus when the page comes", async ({ page }) => {
    for (const [path, label] of [["/login", "Email"], ["/signup", "Name"]] as const) {
      await open(page, path);
      await expect(page.getByLabel(label), path).toBeFocused();
    }
  });

  test("a field that is wrong has the focus, not the first one", async ({ page, allowConsole }) => {
    allowConsole(/422/);
    await open(page, "/login");
    await page.getByLabel("Email").fill("tom@example.com");
    await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
    await expectWrong(passwordField(page), /Enter your password/);
    await expect(passwordField(page)).toBeFocused();
  });

  if (scripted) return;
  test("no meter is there, and the help is", async ({ page }) => {
    await open(page, "/signup");
    await expect(page.locator(".strength")).toBeHidden();
    await expect(passwordField(page)).toHaveAccessibleDescription(/^At least 10 characters\./);
  });
});

test("the strength is said while one types, in words, and nothing moves", async ({ page }) => {
  await open(page, "/signup");
  const button = page.getByRole("button", { name: "Sign up" });
  const before = await button.boundingBox();
  for (const [text, word, reason] of [
    ["short", "Too short", /Use at least 10 characters/],
    ["qwertyuiop", "Very weak", /one of the most common passwords/],
    ["password1234", "Weak", /one of the most common passwords/],
    ["Summer2024!", "Still too weak", /close to a common password/],
    ["xkqzvwptrm", "Good", null],
    ["seven quiet rivers", "Strong", null],
  ] as const) {
    await passwordField(page).fill(text);
    await expect(meter(page), text).toHaveText(`Strength: ${word}`);
    await expect(advice(page), text).toHaveText(reason ?? "");
    expect(await button.boundingBox(), `${text}: the button is where it was`).toEqual(before);
  }
  await expect(passwordField(page), "advice is no error").not.toHaveAttribute("aria-invalid", "true");
  await expect(meter(page)).toHaveAttribute("aria-live", "polite");
  await passwordField(page).fill("");
  await expect(meter(page)).toHaveText("");
});

test("the question knows the name and the address that stand beside it", async ({ page }) => {
  await open(page, "/signup");
  await page.getByLabel("Name").fill("Rosamunde Pilcher");
  await passwordField(page).fill("rosamunde likes tea");
  await expect(advice(page)).toHaveText(/Don't use your name/);

  const person = await signedUp(page, "Philippa");
  await open(page, "/account/password");
  const fresh = page.getByLabel("New password", { exact: true });
  await fresh.fill(`we wrote to ${person.email}`);
  await expect(page.locator("#new_password-error")).toHaveText(/Don't use your email address/);
  await fresh.fill("philippa likes green tea");
  await expect(page.locator("#new_password-error")).toHaveText(/Don't use your (email address|name)/);
});

test("who types fast asks once, and a question that is not of today is taken back", async ({ page }) => {
  const asked: string[] = [];
  const first = gate();
  await page.route(QUESTION, async (route) => {
    asked.push(new URLSearchParams(route.request().postData() ?? "").get("password") ?? "");
    if (asked.length === 1) await first.passed;
    // The browser has taken the first one back by then.
    await route.continue().catch(() => undefined);
  });
  await open(page, "/signup");
  await typeFast(passwordField(page), "qwertyuiop");
  await expect.poll(() => asked.length).toBe(1);
  const takenBack = page.waitForEvent("requestfailed");
  await typeFast(passwordField(page), " meets seven rivers");
  await expect(meter(page)).toHaveText("Strength: Strong");
  expect((await takenBack).postData(), "the older answer does not come after the newer").toMatch(/password=qwertyuiop(&|$)/);
  first.open();
  expect(asked).toEqual(["qwertyuiop", "qwertyuiop meets seven rivers"]);
});

test("when the question fails the meter is silent and the form works", async ({ page, allowConsole }) => {
  allowConsole(/503|ERR_FAILED/);
  const person = somebody("Ursula");
  await open(page, "/signup");
  await passwordField(page).fill("seven quiet rivers");
  await expect(meter(page)).toHaveText("Strength: Strong");
  for (const fail of ["busy", "offline"]) {
    await page.route(QUESTION, (route) => (fail === "busy" ? route.fulfill({ status: 503 }) : route.abort()));
    const failed = fail === "busy" ? page.waitForResponse(QUESTION) : page.waitForEvent("requestfailed");
    await passwordField(page).fill(`${person.password} ${fail}`);
    await failed;
    await expect(meter(page)).toHaveText("");
    await expect(page.locator("[aria-live=assertive]")).toHaveText("");
    await page.unroute(QUESTION);
  }
  await page.getByLabel("Name").fill(person.name);
  await page.getByLabel("Email").fill(person.email);
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.waitForURL("/dashboard");
});

test("a password is shown by keyboard, and the button says what it will do", async ({ page }) => {
  await open(page, "/login");
  await passwordField(page).fill("a long sentence");
  await passwordField(page).press("Tab");
  const show = page.getByRole("button", { name: "Show password", exact: true });
  await expect(show).toBeFocused();
  await page.keyboard.press("Space");
  await expect(passwordField(page)).toHaveAttribute("type", "text");
  await expect(page.getByRole("button", { name: "Hide password", exact: true })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(passwordField(page)).toHaveAttribute("type", "password");
  await expect(passwordField(page)).toHaveValue("a long sentence");
  expect(new URL(page.url()).pathname, "nothing was sent").toBe("/login");

  await signedUp(page, "Vera");
  await open(page, "/account/password");
  for (const name of ["Show current password", "Show new password"]) {
    await expect(page.getByRole("button", { name, exact: true })).toBeVisible();
  }
});

test("a password can be pasted, whole", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const long = " Ünd so weiter: seven quiet rivers. ".repeat(7);
  await open(page, "/signup");
  for (const path of ["/signup", "/login"]) {
    await open(page, path);
    await page.evaluate((text) => navigator.clipboard.writeText(text), long);
    await passwordField(page).focus();
    await page.keyboard.press("ControlOrMeta+V");
    await expect(passwordField(page)).toHaveValue(long);
  }
});

/** Page, then each field: id, what fills it in. */
const FIELDS: [string, Record<string, string>][] = [
  ["/login", { email: "username", password: "current-password" }],
  ["/signup", { name: "name", email: "username", password: "new-password" }],
];
const FIELDS_INSIDE: [string, Record<string, string>][] = [
  ["/account/password", { username: "username", password: "current-password", new_password: "new-password" }],
  [CONFIRM, { username: "username", password: "current-password" }],
];

test("every field says to password managers and phones what it is", async ({ page, freshServer }) => {
  const look = async ([path, fields]: (typeof FIELDS)[number]) => {
    await open(page, path);
    expect(await autocompletes(page), path).toEqual(fields);
    for (const field of await page.locator("input[type=password]").all()) await expectForPasswords(field, path);
    const email = page.locator("input[type=email]");
    if (await email.count()) {
      await expect(email).toHaveAttribute("inputmode", "email");
      await expect(email).toHaveAttribute("autocapitalize", "none");
      await expect(email).toHaveAttribute("spellcheck", "false");
    }
  };
  const setup = /\/setup\?token=[\w-]+/.exec(freshServer.log())?.[0] ?? "";
  await look([freshServer.url + setup, { name: "name", email: "username", password: "new-password" }]);
  for (const row of FIELDS) await look(row);
  await signedUp(page, "Wanda");
  for (const row of FIELDS_INSIDE) await look(row);
});

async function expectForPasswords(field: Locator, path: string): Promise<void> {
  const isNew = (await field.getAttribute("autocomplete")) === "new-password";
  await expect(field, path).toHaveAttribute("autocapitalize", "none");
  await expect(field, path).toHaveAttribute("spellcheck", "false");
  // A maximum would cut off the end of what is pasted, in silence.
  expect(await field.getAttribute("maxlength"), path).toBeNull();
  expect(await field.getAttribute("minlength"), path).toBe(isNew ? "10" : null);
  expect(await field.getAttribute("passwordrules"), path).toBe(isNew ? "minlength: 10; maxlength: 256;" : null);
}

/** Of every field that people fill in, by its name. */
async function autocompletes(page: Page): Promise<Record<string, string | null>> {
  const fields = await page.locator("main input:not([type=hidden], [type=checkbox])").all();
  const pairs = fields.map(async (field) => [
    (await field.getAttribute("name")) ?? "",
    await field.getAttribute("autocomplete"),
  ]);
  return Object.fromEntries(await Promise.all(pairs));
}

test("the page that changes a password is found by its well-known address", async ({ page }) => {
  const found = await page.request.get("/.well-known/change-password", { maxRedirects: 0 });
  expect([302, 303]).toContain(found.status());
  expect(found.headers().location).toBe("/account/password");
  const probe = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
  expect((await page.request.get(probe, { maxRedirects: 0 })).status()).toBe(404);
  await signedUp(page, "Xenia");
  await open(page, "/.well-known/change-password");
  await expect(page).toHaveURL("/account/password");
});

/** Key by key, and so fast that no busy machine makes a rest of it. */
async function typeFast(field: Locator, text: string): Promise<void> {
  await field.evaluate((input: HTMLInputElement, text) => {
    for (const key of text) {
      input.value += key;
      input.dispatchEvent(new InputEvent("input", { bubbles: true, data: key }));
    }
  }, text);
}

const meter = (page: Page) => page.locator(".strength-word");
const advice = (page: Page) => page.locator("#password-error");
