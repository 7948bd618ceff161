// A role that is given or taken on the command line.

import { expect, test } from "./fixtures.ts";
import { SESSION, cookie, open, signedUp } from "./people.ts";
import { REFUSALS } from "./pages.ts";

test("a new role counts on the next page, and the session goes on under a new secret", async ({
  page,
  context,
  server,
  allowConsole,
}) => {
  allowConsole(REFUSALS);
  const person = await signedUp(page, "Rosa");
  const before = await cookie(context, SESSION);
  const promoted = await server.cli(["admin", "promote", "--email", person.email]);
  expect(promoted.stdout).toMatch(/ is now an administrator\. Confirmed by 1 instance in \d+ ms\.\n$/);
  await open(page, "/admin/users");
  await expect(page.getByRole("heading", { name: "Users", level: 1 })).toBeVisible();
  expect(await cookie(context, SESSION)).not.toBe(before);
  await open(page, "/notes");
  await expect(page.getByRole("button", { name: "New note" })).toBeVisible();

  await server.cli(["admin", "create", "--email", `other-${person.email}`, "--name", "Other"], { input: "a long password\n" });
  await server.cli(["admin", "demote", "--email", person.email]);
  await page.goto("/admin/users");
  await expect(page.getByRole("heading", { name: "You don't have access" })).toBeVisible();
  await open(page, "/dashboard");
  await expect(page.getByText("The server operator changed your role (2 times)")).toBeVisible();
});

test("who creates an administrator at an address that has an account is told how to promote it", async ({ page, server }) => {
  const { email } = await signedUp(page, "Paula");
  const taken = await server.cli(["admin", "create", "--email", email, "--name", "Paula"], { code: 1, input: "a long password\n" });
  expect(taken.stderr).toContain(`already has an account; make it an administrator with \`latchkey admin promote --email ${email}\``);
});

test("the last administrator is not demoted, and nobody unknown promoted", async ({ freshServer }) => {
  const email = "only@example.com";
  await freshServer.cli(["admin", "create", "--email", email, "--name", "Only"], { input: "a long password\n" });
  const demoted = await freshServer.cli(["admin", "demote", "--email", email], { code: 1 });
  expect(demoted.stderr).toContain("This is the only administrator. Make another user an administrator first.");
  const unknown = await freshServer.cli(["admin", "promote", "--email", "nobody@example.com"], { code: 1 });
  expect(unknown.stderr).toContain("there is no user nobody@example.com");
});
