// Without a connection: a page of ours that says so, and nothing of anybody's kept for it.

import type { Page, Request } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { arrived, open, signedUp } from "./people.ts";
import { Server } from "./server.ts";

test.use({ serviceWorkers: "allow" });

test.beforeEach(({ allowConsole }) => allowConsole(/ERR_INTERNET_DISCONNECTED|status of 503|Failed to load resource/));

test("without a connection a page says so, and goes on by itself when there is one", async ({ page }) => {
  const person = await signedUp(page, "Olga");
  await openWithWorker(page);
  await page.context().setOffline(true);
  await page.getByRole("link", { name: "Account" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Can't reach Latchkey");
  await expect(page).toHaveTitle("Can't reach Latchkey · Latchkey");
  expect(new URL(page.url()).pathname, "the address is that of the page").toBe("/account/profile");
  await page.getByRole("link", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Can't reach Latchkey");
  await page.context().setOffline(false);
  await arrived(page, "/account/profile");
  await expect(page.getByRole("textbox", { name: "Name" })).toHaveValue(person.name);
});

test("a server that was away is asked until it answers, and the page comes back by itself", async ({ page, allowConsole, allowOrigin }) => {
  allowConsole(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/);
  const before = await Server.start({});
  allowOrigin(before.url);
  await openWithWorker(page, before.url);
  await before.crash();
  await page.goto(`${before.url}/login`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Can't reach Latchkey");
  // No network has gone or come: only the page itself can find out.
  await page.waitForRequest(`${before.url}/healthz`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Can't reach Latchkey");
  const after = await Server.startAgain(before);
  try {
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Log in");
    expect(page.url()).toBe(`${before.url}/login`);
  } finally {
    await after.stop();
  }
});

test("no page and no answer is ever kept", async ({ page }) => {
  await signedUp(page, "Otto");
  await openWithWorker(page);
  for (const path of ["/dashboard", "/notes", "/account/devices"]) await open(page, path);
  await page.context().setOffline(true);
  await page.goto("/notes");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Can't reach Latchkey");
  expect(await page.evaluate(() => caches.keys()), "no cache at all").toEqual([]);
  expect(await page.content()).not.toContain("Otto");
});

test("who is logged in stays so, forms and files pass by the worker", async ({ page }) => {
  const person = await signedUp(page, "Orla");
  await openWithWorker(page);
  await open(page, "/account/profile");
  await page.getByRole("textbox", { name: "Name" }).fill("Orla the Second");
  await page.getByRole("main").getByRole("button").first().click();
  await expect(page.getByRole("status").first()).toBeVisible();
  await open(page, "/account/data");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: /Download/ }).or(page.getByRole("button", { name: /Download/ })).first().click();
  expect(await (await download).failure()).toBeNull();
  await page.getByRole("button", { name: "Log out" }).click();
  await arrived(page, "/");
  await page.goto("/dashboard");
  await expect(page).toHaveURL("/login?next=%2Fdashboard");
  expect(await page.content()).not.toContain(person.email);
});

test("a page is asked for once, by the browser itself, and nothing else wakes the worker", async ({ page, server }) => {
  await openWithWorker(page);
  const asked: Request[] = [];
  page.context().on("request", (request) => void (request.serviceWorker() && asked.push(request)));
  for (const path of ["/login", "/signup"]) await open(page, path);
  const told = asked.map((request) => ({
    path: request.url().slice(server.url.length),
    preload: request.headers()["service-worker-navigation-preload"],
  }));
  const pages = told.filter(({ path }) => path !== "/offline.js");
  // The defence against other sites reads who leads here: a worker that asked in its own name would hide it.
  expect(pages).toEqual(["/login", "/signup"].map((path) => ({ path, preload: "true" })));
});

/** Opens a page twice: the first time brings the worker, the second is under its eyes. */
async function openWithWorker(page: Page, site = ""): Promise<void> {
  await open(page, `${site}/`);
  await page.evaluate(() => navigator.serviceWorker.ready.then(({ active }) => {
    if (active?.state === "activated") return;
    return new Promise<void>((done) => active?.addEventListener("statechange", () => active.state === "activated" && done()));
  }));
  await open(page, `${site}/`);
  expect(await page.evaluate(() => Boolean(navigator.serviceWorker.controller))).toBe(true);
}
