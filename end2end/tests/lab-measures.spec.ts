// The Lab: what travels, what a request costs, when to use which. What the page shows is held against what the browser
// sent and what the server kept.

import type { Page } from "@playwright/test";
import { findings } from "./axe.ts";
import { expect, test } from "./fixtures.ts";
import { beginVisit, unfold } from "./lab.ts";
import { ACCESS, SESSION, open, signedUp } from "./people.ts";

// The results are read from the database.
test.use({ database: "postgres" });

type Kept = {
  rounds: number;
  ways: { way: string; p50_ns: number; p95_ns: number; p99_ns: number }[];
  signing: { algorithm: string; sign_ns: number; verify_ns: number; bytes: number }[];
};

/** As the page writes a time. */
function micros(ns: number): string {
  const tenths = Math.floor((ns + 50) / 100);
  if (tenths < 200) return `${Math.floor(tenths / 10)}.${tenths % 10} µs`;
  return `${Math.floor((ns + 500) / 1000).toLocaleString("en")} µs`;
}

async function measure(page: Page): Promise<void> {
  await page.getByLabel("100", { exact: true }).check();
  await page.getByRole("button", { name: "Measure" }).click();
  await expect(page.locator("#cost-requests")).toBeVisible();
  await unfold(page);
}

const rowsOf = (page: Page, table: string) =>
  page.locator(`${table} tbody tr`).evaluateAll((rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent?.trim() ?? "")));

test("who is logged in sees the own cookies, decoded, and nothing to steal", async ({ page, context, sql }) => {
  const person = await signedUp(page, "Lars");
  // The page after the log-in brings the token.
  await open(page, "/dashboard");
  const sent = await context.cookies();
  const value = (name: string) => sent.find((cookie) => cookie.name === name)?.value ?? "";
  await open(page, "/lab");
  await unfold(page);
  const [row] = await sql`select s.sid, s.user_id from sessions s join users u on u.id = s.user_id where u.email = ${person.email}`;
  const claims = Object.fromEntries(
    (await rowsOf(page, "table:has(th:text-is('Claim'))")).map(([name = "", said = ""]) => [name, said]),
  );
  expect(claims["sid"]).toBe(`"${row?.["sid"]}"`);
  expect(claims["sub"]).toBe(`"${row?.["user_id"]}"`);
  const payload = value(ACCESS).split(".")[1] ?? "";
  const said = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
  expect(Object.keys(claims).sort()).toEqual(Object.keys(said).sort());
  for (const name of [SESSION, ACCESS]) {
    const bytes = (name.length + value(name).length).toLocaleString("en");
    await expect(page.locator("#travel h3", { hasText: `${bytes} bytes` })).toBeVisible();
  }
  const html = await page.content();
  expect(html).not.toContain(value(SESSION));
  expect(html).not.toContain(value(ACCESS).split(".")[2]);
});

test("the measured figures are those that the server kept, and the log stays silent", async ({ page, server, sql }) => {
  await beginVisit(page);
  const from = server.log().length;
  await measure(page);
  const [row] = await sql`select result from latchkey_lab.lab_runs where experiment = 'cost' order by ran_at desc limit 1`;
  const kept = JSON.parse(String(row?.["result"])) as Kept;
  expect(kept.rounds).toBeGreaterThan(0);
  const times = (await rowsOf(page, "#cost-requests")).map(([, ...figures]) => figures);
  expect(times).toEqual(kept.ways.map((way) => [way.p50_ns, way.p95_ns, way.p99_ns].map(micros)));
  expect(await rowsOf(page, "#cost-signing")).toEqual(
    kept.signing.map((one) => [one.algorithm, micros(one.sign_ns), micros(one.verify_ns), one.bytes.toLocaleString("en")]),
  );
  await expect.poll(() => server.log().slice(from)).toContain("path=/actions/measure_cost");
  const log = server.log().slice(from);
  expect(log).not.toMatch(/path=\/(nothing|session|plain|warm|cold) /);
  const session = kept.ways.find(({ way }) => way === "Session");
  await expect(page.locator("#choose .lab-own").first()).toHaveText(`Your run: ${micros(session?.p50_ns ?? 0)}`);
});

test("every cell of the comparison leads to an experiment of this page", async ({ page }) => {
  await open(page, "/lab");
  const cells = await page.locator("#choose tbody td").count();
  const links = await page.locator("#choose tbody td:has(a)").count();
  expect(links).toBe(cells);
  const dead = await page.locator("#choose a").evaluateAll((all) =>
    all.map((link) => link.getAttribute("href") ?? "").filter((href) => !document.querySelector(href)));
  expect(dead).toEqual([]);
});

test("sections are folded, and the address of one of them opens it", async ({ page }) => {
  await open(page, "/lab");
  const folded = (id: string) => page.locator(".lab-fold:not([open])").filter({ has: page.locator(`#${id}`) });
  await expect(page.locator(".lab-fold")).toHaveCount(5);
  await expect(page.locator(".lab-fold[open]")).toHaveCount(0);
  await page.locator("summary", { hasText: "Which should you use?" }).click();
  await page.locator("#choose a[href='#payload']").first().click();
  await expect(page.locator("#payload")).toBeInViewport();
  await expect(folded("attacks")).toHaveCount(0);
  await expect(folded("cost")).toHaveCount(1);
  await page.goto("/lab?again#cost");
  await expect(folded("cost")).toHaveCount(0);
  await expect(folded("choose")).toHaveCount(1);
});

test("axe finds nothing before and after a measurement, at any width", async ({ page }) => {
  const found: string[] = [];
  await open(page, "/lab");
  found.push(...(await findings(page, "the Lab, folded")));
  await unfold(page);
  found.push(...(await findings(page, "the Lab without a visit")));
  await beginVisit(page);
  await measure(page);
  found.push(...(await findings(page, "the Lab with figures")));
  expect(found).toEqual([]);
});

test("it works without JavaScript, and the end of the visit takes everything away", async ({ anotherBrowser, sql }) => {
  const context = await anotherBrowser({ javaScriptEnabled: false });
  const page = await context.newPage();
  await beginVisit(page);
  await measure(page);
  expect(new URL(page.url()).hash).toBe("#cost");
  await expect(page.getByText("These are the demo user's")).toBeVisible();
  const [before] = await sql`select count(*)::int as count from latchkey_lab.lab_visits`;
  await page.getByRole("button", { name: "End visit" }).click();
  await expect(page.getByRole("button", { name: "Start demo session" }).first()).toBeVisible();
  const [after] = await sql`select count(*)::int as count from latchkey_lab.lab_visits`;
  expect(after?.["count"]).toBe(Number(before?.["count"]) - 1);
});
