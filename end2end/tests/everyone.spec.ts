// Log everyone out, and the list of what is live: people in their browsers, and one administrator.

import { type Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import {
  ACCESS,
  administrator,
  arrived,
  askApi,
  cookie,
  enterAndLogIn,
  loggedIn,
  loggedOutDialog,
  open,
  signedUp,
} from "./people.ts";

async function typeAndSend(page: Page, words: string, reason: string): Promise<void> {
  await page.getByLabel("To confirm, type").fill(words);
  await page.getByLabel("Reason").fill(reason);
  await page.getByRole("main").getByRole("button", { name: "Log everyone out" }).click();
}

test("two people see at once that everyone was logged out, and the administrator stays", async ({
  page,
  server,
  anotherBrowser,
}) => {
  const phone = await (await anotherBrowser()).newPage();
  const ann = await signedUp(page, "Ann");
  await signedUp(phone, "Bert");
  for (const device of [page, phone]) await open(device, "/dashboard");
  const token = await cookie(page.context(), ACCESS);
  expect(await askApi(server, token)).toBe(200);

  const admin = await (await anotherBrowser()).newPage();
  await loggedIn(admin, await administrator(server));
  await open(admin, "/admin/sessions");
  await admin.getByRole("link", { name: "Log everyone out…" }).click();
  await arrived(admin, "/admin/sessions/everyone");
  // Other tests have left sessions on this server.
  await expect(admin.getByText(/^This ends (\d\d|[2-9]) other sessions/)).toBeVisible();
  await typeAndSend(admin, "log everyone out", "a stolen backup");
  await arrived(admin, "/admin/sessions");
  await expect(admin.locator("#receipt")).toContainText(/(\d\d|[2-9]) sessions ended/);
  await expect(admin.locator("#receipt")).toBeFocused();

  expect(await askApi(server, token)).toBe(401);
  for (const device of [page, phone]) {
    await expect(loggedOutDialog(device)).toHaveAccessibleName("An administrator logged everyone out.");
    await open(device, "/dashboard");
    await expect(device).toHaveURL("/login?next=%2Fdashboard");
    await expect(device.getByRole("main")).not.toContainText("stolen");
  }
  await enterAndLogIn(page, ann);
  await arrived(page, "/dashboard");

  // The receipt stays for as long as it is read; the page after it looks by itself until all is written down.
  await expect(admin.locator("#receipt")).toContainText("sessions ended");
  await open(admin, "/admin/sessions");
  await expect(admin.getByRole("progressbar")).toHaveCount(0);
  await expect(admin.getByRole("row").filter({ hasText: ann.email })).toHaveCount(1);
});

withAndWithoutJavaScript((way) => {
  test("the words and a reason are asked for, and nothing typed is lost", async ({ page, server, allowConsole }) => {
    allowConsole(/422/);
    await loggedIn(page, await administrator(server));
    await way.open(page, "/admin/sessions/everyone");
    await typeAndSend(page, "log out", "");
    const words = page.getByLabel("To confirm, type");
    await expect(words).toHaveAttribute("aria-invalid", "true");
    await expect(words).toHaveAccessibleDescription(/Type it exactly as shown/);
    await expect(page.getByLabel("Reason")).toHaveAccessibleDescription(/Enter a reason/);
    await expect(words).toHaveValue("log out");
    await typeAndSend(page, "Log everyone out", "practice");
    await way.arrived(page, "/admin/sessions");
    await expect(page.locator("#receipt")).toContainText(/No sessions were active|ended/);
  });

  test("live sessions are found by person, address and age, in an address that can be shared", async ({
    page,
    server,
    anotherBrowser,
  }) => {
    const victim = await signedUp(await (await anotherBrowser()).newPage(), "Findme");
    await loggedIn(page, await administrator(server));
    await way.open(page, "/admin/sessions");
    await page.getByLabel("User", { exact: true }).fill(victim.email);
    await page.getByLabel("Started").selectOption("In the last hour");
    await page.getByRole("button", { name: "Search" }).click();
    await way.arrived(page, /\/admin\/sessions\?person=.*age=hour/);
    await expect(page.getByRole("row")).toHaveCount(2);
    await page.getByRole("row").last().getByRole("link", { name: victim.name, exact: true }).click();
    await way.arrived(page, /\/admin\/users\/.+/);
    await way.open(page, "/admin/sessions?age=over-month");
    await expect(page.getByText("No active sessions match.")).toBeVisible();
    await page.getByRole("link", { name: "Clear filters" }).click();
    await way.arrived(page, "/admin/sessions");
  });
});

withAndWithoutJavaScript((way) => {
  test("a session is ended from the list", async ({ page, server, anotherBrowser }) => {
    const phone = await (await anotherBrowser({ javaScriptEnabled: true })).newPage();
    const victim = await signedUp(phone, "Listed");
    await loggedIn(page, await administrator(server));
    await way.open(page, `/admin/sessions?person=${encodeURIComponent(victim.email)}`);
    await page.getByRole("link", { name: new RegExp(`^End session of ${victim.name}`) }).click();
    await way.arrived(page, /\/log-out\?sid=/);
    await page.getByLabel("Reason").fill("phone lost");
    await page.getByRole("button", { name: "Force logout" }).click();
    await way.arrived(page, /^\/admin\/users\/[^/?]+$/);
    await expect(page.getByRole("status")).toContainText("1 session ended");
    await open(phone, "/dashboard");
    await expect(phone).toHaveURL("/login?next=%2Fdashboard");
  });
});

test("the command line ends one session or everybody's, and lists what is live", async ({ page, server }) => {
  const person = await signedUp(page, "Cleo");
  await open(page, "/dashboard");
  const listed = await server.cli(["sessions", "list", "--person", person.email, "--json"]);
  const { sid } = JSON.parse(listed.stdout).sessions[0];
  const token = await cookie(page.context(), ACCESS);
  await server.cli(["force-logout", "--sid", sid]);
  await expect.poll(() => askApi(server, token), { intervals: [20] }).toBe(401);
  const again = await server.cli(["force-logout", "--sid", sid], { code: 1 });
  expect(again.stderr).toContain("has already ended: by_admin");
  expect((await server.cli(["force-logout", "--sid", "nonsense"], { code: 1 })).stderr).toContain("sessions list");

  await loggedIn(page, person);
  await open(page, "/dashboard");
  const fresh = await cookie(page.context(), ACCESS);
  const unsure = await server.cli(["force-logout", "--all"], { code: 2 });
  expect(unsure.stderr).toContain("--yes");
  expect(await askApi(server, fresh)).toBe(200);
  const done = await server.cli(["force-logout", "--all", "--yes", "--reason", "practice", "--json"]);
  expect(JSON.parse(done.stdout).sessions_ended).toBeGreaterThan(0);
  await expect.poll(() => askApi(server, fresh), { intervals: [20] }).toBe(401);
  expect((await server.cli(["sessions", "list"])).stdout).toBe("");
  await server.cli(["force-logout", "--user", person.email, "--all"], { code: 2 });
});
