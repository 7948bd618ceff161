// The list of people: find, filter, sort, page through, hand the address on. With JavaScript and without.

import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { administrator, loggedIn, signedUp, somebody } from "./people.ts";

/** More than one page of people whom one word finds. */
const MANY = 30;

function search(page: Page) {
  return page.getByLabel("Name or email");
}

function rows(page: Page) {
  return page.locator("tbody").getByRole("row");
}

withAndWithoutJavaScript(({ open, arrived }) => {
  test("finds, filters and sorts, and the address says it all", async ({ page, server, anotherBrowser }) => {
    const admin = await administrator(server);
    const maker = await anotherBrowser();
    const [otto, ole] = [await signedUp(await maker.newPage(), "Otto"), await signedUp(await maker.newPage(), "Ole")];
    await server.cli(["admin", "promote", "--email", otto.email]);

    await loggedIn(page, admin);
    await open(page, "/admin/users");
    await search(page).fill(`example ${ole.name.split(" ")[1]}`);
    await page.getByRole("button", { name: "Search" }).click();
    await arrived(page, /^\/admin\/users\?q=/);
    await expect(rows(page)).toHaveCount(1);
    await expect(rows(page)).toContainText(ole.email);
    await expect(page.getByText("1 user", { exact: true })).toBeVisible();

    await search(page).fill("ot");
    await page.getByLabel("Role").selectOption("Administrators");
    await page.getByLabel("Order").selectOption("By name");
    await page.getByRole("button", { name: "Search" }).click();
    await arrived(page, /q=ot&role=admin&state=&sort=name/);
    await expect(rows(page).filter({ hasText: otto.email })).toHaveCount(1);
    await expect(page.getByLabel("Role")).toHaveValue("admin");
    await expect(page.getByLabel("Order")).toHaveValue("name");

    // Somebody else opens the same address and sees the same people in the same order, though later.
    const colleague = await (await anotherBrowser()).newPage();
    await loggedIn(colleague, await administrator(server));
    await colleague.goto(page.url());
    const people = (desk: Page) => rows(desk).getByRole("link");
    await expect(people(colleague)).toHaveText(await people(page).allTextContents());
    await expect(search(colleague)).toHaveValue("ot");

    await page.getByLabel("State").selectOption("Disabled");
    await page.getByRole("button", { name: "Search" }).click();
    await arrived(page, /state=disabled/);
    await expect(page.getByText("No users match “ot” with these filters.")).toBeVisible();
    await page.getByRole("link", { name: "Show all users" }).click();
    await arrived(page, "/admin/users");
    await expect(search(page)).toHaveValue("");
    await expect(rows(page).first()).toBeVisible();
  });

  test("pages through and back, and keeps the search", async ({ page, server, anotherBrowser }) => {
    const maker = await (await anotherBrowser()).newPage();
    const word = `crowd${somebody("x").email.slice(2, 10)}`;
    for (let number = 0; number < MANY; number += 1) {
      const form = { ...somebody(`Member${number}`), name: `${word} ${String(number).padStart(2, "0")}` };
      await maker.context().clearCookies();
      await maker.request.post("/actions/sign_up", { form, maxRedirects: 0 });
    }
    await loggedIn(page, await administrator(server));
    await open(page, `/admin/users?q=${word}&sort=name`);
    await expect(rows(page)).toHaveCount(25);
    await expect(page.getByText("First 25 users. There are more.")).toBeVisible();
    await expect(page.getByRole("link", { name: "Previous page" })).toHaveCount(0);
    await page.getByRole("link", { name: "Next page" }).click();
    await arrived(page, new RegExp(`q=${word}&sort=name&after=`));
    await expect(rows(page)).toHaveCount(MANY - 25);
    await expect(rows(page).first()).toContainText(`${word} 25`);
    await expect(search(page)).toHaveValue(word);
    await page.getByRole("link", { name: "Previous page" }).click();
    await arrived(page, new RegExp(`q=${word}&sort=name&before=`));
    await expect(rows(page).first()).toContainText(`${word} 00`);
    await expect(page.getByRole("link", { name: "First page" })).toHaveCount(0);
  });
});

test("on a phone rows become cards, and nothing is wider than the screen", async ({ page, server, anotherBrowser }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  const long = { ...somebody("Long"), name: "Hubert-Blaine Wolfeschlegelsteinhausenbergerdorff the Elder of Philadelphia" };
  const made = await (await anotherBrowser()).request.post(`${server.url}/actions/sign_up`, {
    form: long,
    headers: { accept: "text/html" },
    maxRedirects: 0,
  });
  expect(made.status()).toBe(303);
  await loggedIn(page, await administrator(server));
  await page.goto("/admin/users");
  await expect(page.getByRole("link", { name: long.name })).toBeVisible();
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  expect(content).toBeLessThanOrEqual(screen ?? 0);
  await expect(page.getByLabel("State")).toBeVisible();
});

test("where there are no users the command line says so, and not that none match", async ({ freshServer }) => {
  expect((await freshServer.cli(["users", "list"])).stderr).toBe("There are no users yet.\n");
  expect((await freshServer.cli(["users", "list", "--state", "disabled"])).stderr).toBe("No users match.\n");
});

test("the command line lists and shows the same people", async ({ page, server }) => {
  const person = await signedUp(page, "Clara");
  const list = await server.cli(["users", "list", "--search", person.email, "--json"]);
  const { users, after } = JSON.parse(list.stdout) as { users: { id: string; email: string }[]; after: string | null };
  expect(users.map(({ email }) => email)).toEqual([person.email]);
  expect(after).toBeNull();
  const id = users[0]?.id ?? "";
  for (const who of [person.email, id]) {
    const shown = await server.cli(["users", "show", who]);
    expect(shown.stdout).toContain("Active sessions: 1");
    expect(shown.stdout).toContain(person.name);
  }
  const shown = JSON.parse((await server.cli(["users", "show", id, "--json"])).stdout);
  expect(shown).toMatchObject({ id, email: person.email, role: "user", disabled: false, sessions: [{}] });
  await server.cli(["users", "show", "nobody@example.com"], { code: 1 });
  const wrong = await server.cli(["users", "list", "--state", "asleep"], { code: 2 });
  expect(wrong.stderr).toContain("active, disabled, unverified, second-factor");
});
