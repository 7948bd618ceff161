// An open page hears of the end of its session, with SQLite; and how tabs, the network and the server take it.

import type { BrowserContext, Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { STREAM, liveTests } from "./live.ts";
import { expectTyped, gate, holdSaves, openNotes, typeNote, writeNote } from "./notebook.ts";
import { arrived, logOut, loggedOutDialog, open, signedUp } from "./people.ts";
import { Server } from "./server.ts";
import { noteStreams } from "./streams.ts";

liveTests();

test("two tabs have one stream, and both show the end", async ({ page, server }) => {
  const streams = countStreams(page.context());
  const victim = await signedUp(page, "Twin");
  const tabs = await twoTabs(page);
  await forcedOut(server, victim.email);
  for (const tab of tabs) await expect(loggedOutDialog(tab)).toBeVisible();
  expect(streams()).toBe(1);
});

test("the tab that listens hands over to the other when it closes or goes elsewhere", async ({ page, server }) => {
  const streams = countStreams(page.context());
  const victim = await signedUp(page, "Heir");
  const [first, second] = await twoTabs(page);
  await second.goto("about:blank");
  await open(second, "/notes");
  expect(streams()).toBe(1);
  await first.close();
  await expect.poll(streams).toBe(2);
  await forcedOut(server, victim.email);
  await expect(loggedOutDialog(second)).toBeVisible();
});

test("a log-out in one tab is shown in the other, and does not flash where it was asked for", async ({ page }) => {
  await signedUp(page, "Leaver");
  const [first, second] = await twoTabs(page);
  for (const tab of [first, second]) await noteDialogs(tab);
  await logOut(first);
  await expect(loggedOutDialog(second)).toHaveAccessibleName("You logged out.");
  await expect(loggedOutDialog(first)).toHaveCount(0);
  expect(dialogsOf(second)).toBe(1);
  expect(dialogsOf(first)).toBe(0);
});

test("a form that was left open does nothing to whoever has logged in since", async ({ page, allowConsole }) => {
  allowConsole(/409 \(Conflict\)/);
  await signedUp(page, "Vic");
  const [left, other] = await twoTabs(page);
  await open(left, "/account/profile");
  await left.getByRole("textbox", { name: "Name" }).fill("Vic by Vic");
  await logOut(other);
  const bob = await signedUp(other, "Bob");
  await left.getByRole("button", { name: "Stay on this page" }).click();
  await left.getByRole("button", { name: "Save" }).click();
  await expect(left.getByText("Someone else is now logged in in this browser, so nothing was done.")).toBeVisible();
  await expect(left.getByRole("textbox", { name: "Name" })).toHaveValue("Vic by Vic");
  await open(other, "/account/profile");
  await expect(other.getByRole("textbox", { name: "Name" })).toHaveValue(bob.name);
});

test("a slow answer to the log-out does not make it flash either", async ({ page }) => {
  await signedUp(page, "Slow");
  const streams = await noteStreams(page);
  await open(page, "/dashboard");
  await noteDialogs(page);
  const answer = gate();
  await page.route("**/actions/log_out", async (route) => {
    const response = await route.fetch({ maxRedirects: 0 });
    await answer.passed;
    await route.fulfill({ response });
  });
  await expect.poll(streams.open).toBe(1);
  const leaving = page.getByRole("button", { name: "Log out" }).click();
  // The session has ended, the page has heard it a while ago, and the browser does not know where to go yet.
  await expect.poll(streams.settled).toBe(1);
  answer.open();
  await leaving;
  await arrived(page, "/");
  expect(dialogsOf(page)).toBe(0);
});

test("Escape closes the dialog, and the browser still asks before unsaved text is lost", async ({ page, server }) => {
  const victim = await signedUp(page, "Iris");
  await openNotes(page);
  await holdSaves(page);
  await typeNote(page, "Half a", "thought");
  await forcedOut(server, victim.email);
  await expect(loggedOutDialog(page)).toBeVisible();
  const asked = page.waitForEvent("dialog");
  const leaving = loggedOutDialog(page).getByRole("link", { name: "Log in" }).click();
  const question = await asked;
  expect(question.type()).toBe("beforeunload");
  await question.dismiss();
  await leaving;
  await page.keyboard.press("Escape");
  await expect(loggedOutDialog(page)).toHaveCount(0);
  await expect(page.getByRole("banner")).toContainText("You can't save changes");
  await expectTyped(page, "Half a", "thought");
});

test("who is disabled is told whom to ask, and is led to no login form", async ({ page, server }) => {
  const victim = await signedUp(page, "Dana");
  await open(page, "/dashboard");
  await server.cli(["users", "disable", victim.email, "--reason", "a test"]);
  const dialog = loggedOutDialog(page);
  await expect(dialog).toHaveAccessibleName("Your account has been disabled.");
  await expect(dialog).toContainText("Contact your administrator.");
  await expect(dialog.getByRole("link")).toHaveCount(0);
  await dialog.getByRole("button", { name: "Stay on this page" }).click();
  const notice = page.getByRole("banner").locator(".notice");
  await expect(notice).toContainText("Your account has been disabled. You can't save changes.");
  await expect(notice).toContainText("Contact your administrator.");
  await expect(notice.getByRole("link")).toHaveCount(0);
});

test("a page that comes back out of the back/forward cache learns what happened meanwhile", async ({
  page,
  server,
}) => {
  const victim = await signedUp(page, "Backer");
  const streams = await noteStreams(page);
  await open(page, "/dashboard");
  await expect.poll(streams.open).toBe(1);
  await transition(page, "pagehide");
  expect(await streams.open(), "nobody can tell it anything").toBe(0);
  await forcedOut(server, victim.email);
  await expect(loggedOutDialog(page)).toHaveCount(0);
  await transition(page, "pageshow");
  await expect(loggedOutDialog(page)).toHaveAccessibleName("An administrator logged you out.");
  expect(streams.ends()).toBe(1);
});

test("a page whose cookie is gone by then is told that, too", async ({ page }) => {
  await signedUp(page, "Cookie");
  await open(page, "/dashboard");
  await transition(page, "pagehide");
  await page.context().clearCookies();
  await transition(page, "pageshow");
  await expect(loggedOutDialog(page)).toHaveAccessibleName("You logged out.");
});

test("without the stream everything works as before", async ({ page, server, allowConsole }) => {
  allowConsole(/ERR_FAILED|401/);
  await page.route(STREAM, (route) => route.abort());
  const victim = await signedUp(page, "Proxy");
  await openNotes(page);
  await writeNote(page, "Kept", "text");
  await forcedOut(server, victim.email);
  await open(page, "/dashboard");
  await expect(page).toHaveURL("/login?next=%2Fdashboard");
  await expect(page.getByRole("main")).toContainText("An administrator logged you out.");
});

test("a refused stream is asked for again half a minute to a minute later", async ({ page, allowConsole }) => {
  allowConsole(/429|MIME|aborted/i);
  await page.clock.install();
  const asked = countStreams(page.context());
  const streams = await noteStreams(page);
  const refusal = gate();
  await page.route(STREAM, async (route) => {
    await refusal.passed;
    await route.fulfill({ status: 429 });
  }, { times: 1 });
  await signedUp(page, "Patient");
  await open(page, "/dashboard");
  await expect.poll(asked).toBe(1);
  // From here on time passes by the test alone.
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1_000));
  refusal.open();
  await expect.poll(streams.failures).toBe(1);
  await page.clock.runFor(29_000);
  expect(asked()).toBe(1);
  await page.clock.runFor(31_500);
  await expect.poll(asked).toBe(2);
});

test("a browser without locks and channels listens in each tab", async ({ page, server }) => {
  await page.context().addInitScript(() => {
    Object.defineProperty(navigator, "locks", { value: undefined });
    Reflect.deleteProperty(globalThis, "BroadcastChannel");
  });
  const streams = countStreams(page.context());
  const victim = await signedUp(page, "Oldie");
  const tabs = await twoTabs(page);
  await expect.poll(streams).toBe(2);
  await forcedOut(server, victim.email);
  for (const tab of tabs) await expect(loggedOutDialog(tab)).toBeVisible();
});

test("the server waits for no page that listens when it stops", async ({ page, allowConsole, allowOrigin }) => {
  // Longer than anybody waits here: streams that kept it from stopping would be seen.
  const server = await Server.start({ LATCHKEY_SHUTDOWN_SECONDS: "120" });
  allowOrigin(server.url);
  // The browser says that it cannot reconnect.
  allowConsole(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED/);
  const form = { name: "Stop", email: "stop@example.com", password: "seven quiet rivers" };
  await page.request.post(`${server.url}/actions/sign_up`, { form, headers: { accept: "text/html" } });
  const listens = page.waitForResponse(STREAM);
  await page.goto(`${server.url}/dashboard`);
  await listens;
  expect(await server.stop(), "it stops in order, long before it would be killed").toBe(0);
  await expect(loggedOutDialog(page)).toHaveCount(0);
});

async function twoTabs(page: Page): Promise<[Page, Page]> {
  await open(page, "/dashboard");
  const other = await page.context().newPage();
  await open(other, "/notes");
  return [page, other];
}

/** From the command line, and heard of by the server. */
async function forcedOut(server: Server, email: string): Promise<void> {
  await server.cli(["force-logout", "--user", email]);
}

/** How many streams the tabs of this browser have asked for so far. */
function countStreams(context: BrowserContext): () => number {
  let count = 0;
  context.on("request", (request) => {
    if (new URL(request.url()).pathname === "/session/events") count += 1;
  });
  return () => count;
}

/** What the browser does with a page that it keeps; Playwright's has that cache switched off. */
async function transition(page: Page, type: "pagehide" | "pageshow"): Promise<void> {
  await page.evaluate((type) => {
    dispatchEvent(new PageTransitionEvent(type, { persisted: true }));
  }, type);
}

/** Counts the dialogs that open in this tab, in the documents that follow as well. */
async function noteDialogs(page: Page): Promise<void> {
  await page.exposeFunction("dialogOpened", () => void opened.set(page, (opened.get(page) ?? 0) + 1));
  const watch = () => {
    const { showModal } = HTMLDialogElement.prototype;
    HTMLDialogElement.prototype.showModal = function () {
      (globalThis as unknown as { dialogOpened(): void }).dialogOpened();
      showModal.call(this);
    };
  };
  await page.addInitScript(watch);
  await page.evaluate(watch);
}

const opened = new WeakMap<Page, number>();

function dialogsOf(page: Page): number {
  return opened.get(page) ?? 0;
}
