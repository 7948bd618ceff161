// The browser package: every page loads the small part, and only a page with an island loads the islands' part.

import type { Page } from "@playwright/test";
import { openNotes } from "./notebook.ts";
import { expect, test } from "./fixtures.ts";
import { open, passwordField, signedUp } from "./people.ts";

/** The parts that a page asks for, each time it does: "page-wasm", "islands-js". */
function parts(page: Page): string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    const [, part, end] = /\/pkg\/latchkey\.(page-)?[0-9a-f]+\.(js|wasm)$/.exec(new URL(request.url()).pathname) ?? [];
    if (end) asked.push(`${part ?? "islands-"}${end}`);
  });
  return asked;
}

const SMALL = ["page-js", "page-wasm"];

test("the login page reacts with the small part of the package", async ({ page, allowConsole }) => {
  allowConsole(/status of 401 .*\/actions\/log_in/);
  const asked = parts(page);
  await open(page, "/login");
  await page.getByLabel("Email").fill("nobody@example.com");
  await passwordField(page).fill("not the password");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(passwordField(page)).toHaveAttribute("type", "text");
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await expect(page.locator("[data-form-error]")).toContainText("Wrong email or password");
  await expect(page.getByLabel("Email")).toHaveValue("nobody@example.com");
  expect(asked.sort()).toEqual(SMALL);
});

test("so do the pages of someone who is logged in", async ({ page }) => {
  await signedUp(page, "Reader");
  for (const path of ["/dashboard", "/account/devices", "/account/password"]) {
    const asked = parts(page);
    await open(page, path);
    expect([...new Set(asked)].filter((part) => !SMALL.includes(part)), path).toEqual([]);
  }
});

test("a page with an island loads the other part, once", async ({ page }) => {
  await signedUp(page, "Writer");
  const asked = parts(page);
  await openNotes(page);
  expect(asked.sort()).toEqual(["islands-js", "islands-wasm", ...SMALL]);
});

test("a page says that it reacts once its island does, too", async ({ page }) => {
  await signedUp(page, "Waiter");
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  await page.route(/\/pkg\/latchkey\.[0-9a-f]+\.wasm$/, async (route) => {
    await arrived;
    await route.continue();
  });
  await page.goto("/notes");
  const kept = page.waitForResponse(/set_appearance/);
  await page.getByRole("radio", { name: "Dark" }).check();
  await kept;
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(page.locator("html")).not.toHaveAttribute("data-hydrated");
  arrive();
  await expect(page.locator("html")).toHaveAttribute("data-hydrated", "true");
});
