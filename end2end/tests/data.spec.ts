// Everything that is kept about a person: to take along, and to have erased.

import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { expectWrong } from "./forms.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { openNotes, writeNote } from "./notebook.ts";
import {
  SESSION,
  administrator,
  cookie,
  enterAndLogIn,
  loggedIn,
  loggedOutDialog,
  open as openHydrated,
  signedUp,
} from "./people.ts";

test("the download holds one's account, notes, sessions and activity, and no secret", async ({ page }) => {
  const person = await signedUp(page, "Ada");
  await openNotes(page);
  await writeNote(page, "Plan", "a thought to take along");
  const secret = await cookie(page.context(), SESSION);
  await openHydrated(page, "/account/data");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download data" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^latchkey-data-\d{4}-\d\d-\d\d\.json$/);
  const text = await readFile(await download.path(), "utf8");
  const data = JSON.parse(text);
  expect(data.account).toMatchObject({ email: person.email, name: person.name, role: "user" });
  expect(data.notes).toMatchObject([{ title: "Plan", text: "a thought to take along" }]);
  expect(data.sessions).toHaveLength(1);
  expect(data.activity.map((event: { in_words: string }) => event.in_words)).toContain("You signed up.");
  for (const hidden of [secret, person.password, "argon2", "hash"]) expect(text).not.toContain(hidden);
  await openHydrated(page, "/account/activity");
  await expect(page.getByRole("main")).toContainText("You downloaded your data.");
});

withAndWithoutJavaScript(({ scripted, open, arrived }) => {
  test("who deletes the account types the address, is told what goes, and is nobody then", async ({
    page,
    allowConsole,
  }) => {
    if (scripted) allowConsole(/401|422/);
    const person = await signedUp(page, "Bert");
    await open(page, "/account/data");
    await page.getByRole("link", { name: "Delete account" }).click();
    await arrived(page, "/account/delete");
    const tabs = page.getByRole("navigation", { name: "Account" });
    await expect(tabs.getByRole("link", { name: "Data and privacy" })).toHaveAttribute("aria-current", "true");
    await expect(page.getByRole("region", { name: "What we delete" })).toContainText("Your notes.");
    await expect(page.getByRole("region", { name: "What we keep" })).toContainText("audit log");

    await typeAndDelete(page, "somebody.else@example.com");
    await expectWrong(page.getByRole("textbox", { name: "Your email address" }), /Type it exactly as shown/);
    await typeAndDelete(page, person.email);
    await arrived(page, "/deleted");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your account has been deleted");
    expect((await page.context().cookies()).map(({ name }) => name)).not.toContain(SESSION);

    await open(page, "/login");
    await enterAndLogIn(page, person);
    await expect(page.getByRole("main")).toContainText("Wrong email or password");
  });

  test("the last administrator is told why not", async ({ page, freshServer, allowConsole }) => {
    if (scripted) allowConsole(/409/);
    const admin = await administrator(freshServer);
    await page.goto(`${freshServer.url}/login`);
    await page.request.post(`${freshServer.url}/actions/log_in`, {
      form: { email: admin.email, password: admin.password },
      headers: { accept: "text/html" },
      maxRedirects: 0,
    });
    await open(page, `${freshServer.url}/account/delete`);
    await typeAndDelete(page, admin.email);
    await expect(page.getByRole("main")).toContainText("This is the only administrator.");
  });
});

test("an open page elsewhere is told at once, and the address is free again", async ({ page, anotherBrowser }) => {
  const person = await signedUp(page, "Cora");
  const phone = await (await anotherBrowser()).newPage();
  await loggedIn(phone, person);
  await openHydrated(phone, "/notes");
  await openHydrated(page, "/account/delete");
  await typeAndDelete(page, person.email);
  await page.waitForURL("**/deleted");
  await expect(loggedOutDialog(phone)).toHaveAccessibleName("This account has been deleted.");
  const form = { name: "Cora again", email: person.email, password: person.password };
  const response = await page.request.post("/actions/sign_up", { form, headers: { accept: "text/html" }, maxRedirects: 0 });
  expect(response.headers().location).toBe("/dashboard");
});

async function typeAndDelete(page: Page, email: string): Promise<void> {
  await page.getByRole("textbox", { name: "Your email address" }).fill(email);
  await page.getByRole("button", { name: "Delete my account" }).click();
}
