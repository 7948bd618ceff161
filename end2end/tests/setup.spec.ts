// The first administrator: no default password, but a link that works once.

import { expect, test } from "./fixtures.ts";
import { open, passwordField, somebody } from "./people.ts";

const LINK = /http:\/\/\S+\/setup\?token=[\w-]+/;

test("the link in the log makes the first administrator, once", async ({
  page,
  freshServer,
  anotherBrowser,
  allowConsole,
}) => {
  allowConsole(/status of (404|422)/);
  const link = freshServer.log().match(LINK)?.[0];
  expect(link, freshServer.log()).toBeDefined();
  const admin = somebody("Root");

  await open(page, link!);
  await expect(page, "the token has left the address").toHaveURL(`${freshServer.url}/setup`);
  await page.getByLabel("Name").fill(admin.name);
  await page.getByLabel("Email").fill(admin.email);
  await passwordField(page).fill("short");
  await page.getByRole("button", { name: "Create administrator" }).click();
  await expect(passwordField(page)).toHaveAccessibleDescription(/at least 10 characters/);
  await passwordField(page).fill(admin.password);
  await page.getByRole("button", { name: "Create administrator" }).click();
  await expect(page).toHaveURL(`${freshServer.url}/admin/users`);
  await expect(page.getByRole("row").filter({ hasText: admin.email })).toContainText("Administrator");

  const stranger = await (await anotherBrowser()).newPage();
  const response = await stranger.goto(link!);
  expect(response?.status()).toBe(404);
  await expect(stranger.getByRole("main")).toContainText("This set-up link is invalid or has been used.");
  await expect(stranger.getByRole("main").getByRole("link").first(), "the way that helps most").toHaveText("Log in");
  await expect(stranger.getByRole("textbox")).toHaveCount(0);
});

test("the command line makes new links until there is an administrator", async ({ page, freshServer }) => {
  const made = await freshServer.cli(["setup-link"]);
  const link = made.stdout.trim();
  expect(link).toMatch(LINK);
  expect(freshServer.log()).not.toContain(link);
  const admin = somebody("Root");
  await open(page, link);
  await page.getByLabel("Name").fill(admin.name);
  await page.getByLabel("Email").fill(admin.email);
  await passwordField(page).fill(admin.password);
  await page.getByRole("button", { name: "Create administrator" }).click();
  await expect(page).toHaveURL(`${freshServer.url}/admin/users`);
  const refused = await freshServer.cli(["setup-link"], { code: 1 });
  expect(refused.stderr).toContain("there already is an administrator");
});

test("two people with the link make one administrator", async ({ page, freshServer, anotherBrowser, allowConsole }) => {
  allowConsole(/404/);
  const link = freshServer.log().match(LINK)?.[0] ?? "";
  const other = await (await anotherBrowser()).newPage();
  // Both have the form open before the first one sends it.
  for (const tab of [page, other]) {
    await open(tab, link);
    const person = somebody("Twin");
    await tab.getByLabel("Name").fill(person.name);
    await tab.getByLabel("Email").fill(person.email);
    await passwordField(tab).fill(person.password);
  }
  await page.getByRole("button", { name: "Create administrator" }).click();
  await expect(page).toHaveURL(/\/admin\/users$/);
  await other.getByRole("button", { name: "Create administrator" }).click();
  await expect(other.locator("[aria-live=assertive]")).toContainText("has been used");
  await page.reload();
  await expect(page.getByRole("row")).toHaveCount(2);
});

test("a wrong link makes nobody an administrator", async ({ page, freshServer, allowConsole }) => {
  allowConsole(/404/);
  for (const token of ["", "?token=", "?token=guessed"]) {
    const response = await page.goto(`${freshServer.url}/setup${token}`);
    expect(response?.status()).toBe(404);
    await expect(page.getByRole("textbox")).toHaveCount(0);
  }
});
