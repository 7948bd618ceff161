// The audit log: who did what to whom and why, in the browser; proof that nobody changed it, on the command line.

import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { findings } from "./axe.ts";
import { expect, test } from "./fixtures.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { type Person, administrator, loggedIn, open, signedUp } from "./people.ts";
import type { Server } from "./server.ts";

// Tests look into the database, and change what nobody should be able to change unnoticed.
test.use({ database: "postgres" });

type Report = { intact: boolean; events: number; end: string; findings: { what: string; seq: number; id: string }[] };

withAndWithoutJavaScript(({ open, arrived }) => {
  test("an act stands there with who, whom and why, and is found by each of them", async ({ page, server, anotherBrowser }) => {
    const { victim, admin } = await throwOut(page, server, await (await anotherBrowser()).newPage(), "laptop in the train");
    await open(page, "/admin/users");
    await page.getByRole("link", { name: "Audit log" }).click();
    await arrived(page, "/admin/audit");
    const row = page.getByRole("row").filter({ hasText: victim.name }).filter({ hasText: "laptop in the train" });
    await expect(row).toContainText(`${admin.name} logged ${victim.name} out`);

    await page.getByLabel("Event", { exact: true }).selectOption({ label: "Force logout" });
    await page.getByLabel("Actor").fill(admin.email);
    await page.getByLabel("User", { exact: true }).fill(victim.name);
    await page.getByLabel("Reason contains").fill("THE TRAIN");
    await page.getByRole("main").getByRole("button", { name: "Apply", exact: true }).click();
    await arrived(page, /^\/admin\/audit\?event=force_logout&/);
    await expect(page.getByRole("row")).toHaveCount(2);
    await expect(page.getByLabel("Actor")).toHaveValue(admin.email);
    await expect(page.getByLabel("User", { exact: true })).toHaveValue(victim.name);
    await row.getByRole("link", { name: victim.name }).click();
    await arrived(page, /^\/admin\/users\/[0-9a-f-]+$/);

    await open(page, "/admin/audit?subject=nobody-is-called-that");
    await expect(page.getByRole("alert")).toContainText("No user matches “nobody-is-called-that”");
    await expect(page.getByRole("row")).toHaveCount(0);
    await open(page, "/admin/audit?from=yesterday");
    await expect(page.getByRole("main")).toContainText("“yesterday” isn't a date");
    await open(page, "/admin/audit?to=2001-01-01");
    await expect(page.getByRole("main")).toContainText("No events match.");
    await page.getByRole("link", { name: "Clear filters" }).first().click();
    await arrived(page, "/admin/audit");
  });
});

test("what is looked for is taken along, as CSV and as JSON lines, and that is written down", async ({
  page,
  server,
  anotherBrowser,
}) => {
  const { victim, admin } = await throwOut(page, server, await (await anotherBrowser()).newPage(), "=1+1");
  await open(page, `/admin/audit?event=force_logout&subject=${encodeURIComponent(victim.email)}`);
  const csv = await download(page, "Export as CSV");
  expect(csv.name).toMatch(/^latchkey-audit-\d{4}-\d\d-\d\d\.csv$/);
  const lines = csv.text.trimEnd().split("\r\n");
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^\uFEFFseq,id,at,event,what,actor,/);
  expect(lines[1]).toContain(`${admin.name} logged ${victim.name} out`);
  expect(lines[1], "no formula").toContain(",'=1+1,");
  const jsonLines = await download(page, "Export as JSON Lines");
  expect(jsonLines.name).toMatch(/\.jsonl$/);
  const documents = jsonLines.text.trimEnd().split("\n").map((line) => JSON.parse(line));
  expect(documents).toMatchObject([{ event: "force_logout", reason: "=1+1", actor_name: admin.name, subject_name: victim.name }]);
  await open(page, "/admin/audit?event=audit_exported");
  await expect(page.getByRole("row").filter({ hasText: `${admin.name} exported the audit log` })).toHaveCount(2);
});

test("a log that nobody has changed is proven, and a changed or removed row is named", async ({
  page,
  server,
  anotherBrowser,
  sql,
}) => {
  await throwOut(page, server, await (await anotherBrowser()).newPage(), "before the change");
  await sealed(page);
  const before = await verify(server);
  expect(before).toMatchObject({ intact: true, findings: [] });
  expect(before.events).toBeGreaterThan(3);
  const words = await server.cli(["audit", "verify"]);
  expect(words.stdout).toContain("The log is intact.");
  expect(words.stdout).toMatch(/Checkpoint \(keep this for --since\): \d+:1\./);

  const [row] = await sql`select seq, id from audit_events where reason = 'before the change' and event = 'force_logout'`;
  const seq = Number(row?.seq);
  await sql`update audit_events set reason = 'after the change' where seq = ${seq}`;
  const changed = await verify(server, { code: 1 });
  expect(changed).toMatchObject({ intact: false, findings: [{ what: "words_changed", seq, id: row?.id }] });
  const told = await server.cli(["audit", "verify"], { code: 1 });
  expect(told.stdout).toContain(`CHANGED  event ${seq} (`);
  expect(told.stderr).toContain("the audit log was changed");
  await sql`update audit_events set reason = 'before the change' where seq = ${seq}`;
  await verify(server, { since: before.end });

  const [removed] = await sql`delete from audit_events where seq = ${seq - 1} returning *`;
  expect(await verify(server, { code: 1 })).toMatchObject({ findings: [{ what: "missing", seq: seq - 1 }] });
  await sql`insert into audit_events ${sql(removed as Record<string, unknown>)}`;
  await verify(server, { since: before.end });
  await server.cli(["audit", "verify", "--since", "nonsense"], { code: 2 });
});

test("with another secret key the command says so, and calls nothing changed", async ({ page, server, anotherBrowser }) => {
  await throwOut(page, server, await (await anotherBrowser()).newPage(), "any");
  await sealed(page);
  const other = ["--secret-key", (await server.cli(["secret"])).stdout.trim()];
  const told = await server.cli(["audit", "verify", ...other], { code: 1 });
  expect(told.stderr).toContain("could not be checked");
  expect(told.stdout).toContain("sealed with another secret key");
  expect(told.stdout).not.toContain("CHANGED");
});

test("the command line exports with the same filters, and says what it does not understand", async ({ page, server, anotherBrowser }) => {
  const { victim } = await throwOut(page, server, await (await anotherBrowser()).newPage(), "from here");
  const filter = ["--event", "force_logout", "--subject", victim.email];
  const { stdout } = await server.cli(["audit", "export", ...filter]);
  expect(stdout.trimEnd().split("\n").map((line) => JSON.parse(line))).toMatchObject([{ reason: "from here" }]);
  const csv = await server.cli(["audit", "export", "--format", "csv", ...filter, "--output", "log.csv"]);
  expect(csv.stdout).toBe("");
  expect(await readFile(`${server.dataDir}/log.csv`, "utf8")).toContain("from here");
  expect(await server.cli(["audit", "export", "--output", "log.csv"], { code: 1 })).toMatchObject({ stderr: expect.stringContaining("log.csv") });
  const unknown = await server.cli(["audit", "export", "--actor", "nobody@example.com"], { code: 1 });
  expect(unknown.stderr).toContain("No user matches");
  await server.cli(["audit", "export", "--event", "nonsense"], { code: 2 });
  await open(page, "/admin/audit?event=audit_exported&actor=command+line");
  await expect(page.getByRole("row").nth(1)).toContainText("The command line exported the audit log");
});

for (const query of ["", "?event=force_logout", "?subject=nobody-at-all", "?to=2001-01-01"]) {
  test(`axe finds nothing in the log: /admin/audit${query}`, async ({ page, server, anotherBrowser }) => {
    await throwOut(page, server, await (await anotherBrowser()).newPage(), "a reason of some length, as people give them, so that it has to break");
    await open(page, `/admin/audit${query}`);
    expect(await findings(page, "the log")).toEqual([]);
  });
}

/** In `page`, an administrator throws somebody out. */
async function throwOut(page: Page, server: Server, other: Page, reason: string): Promise<{ victim: Person; admin: Person }> {
  const victim = await signedUp(other, "Victim");
  const admin = await administrator(server);
  await loggedIn(page, admin);
  const act = { user: await idOf(page, victim), reason };
  const answer = await page.request.post("/actions/force_logout", { form: act, headers: { accept: "application/json" } });
  expect(answer.status(), await answer.text()).toBe(200);
  return { victim, admin };
}

/** The id of a person, from the list. */
async function idOf(page: Page, person: Person): Promise<string> {
  await page.goto(`/admin/users?q=${encodeURIComponent(person.email)}`);
  const href = await page.getByRole("link", { name: person.name }).getAttribute("href");
  return href?.split("/").at(-1) ?? "";
}

/** Waits until everything is sealed. */
async function sealed(page: Page): Promise<void> {
  await expect
    .poll(async () => {
      await page.goto("/admin/audit");
      return page.getByText("Not sealed yet").count();
    })
    .toBe(0);
}

async function download(page: Page, name: string): Promise<{ name: string; text: string }> {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
}

async function verify(server: Server, { since = "", code = 0 } = {}): Promise<Report> {
  const { stdout } = await server.cli(["audit", "verify", "--json", ...(since ? ["--since", since] : [])], { code });
  return JSON.parse(stdout) as Report;
}
