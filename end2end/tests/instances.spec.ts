// Two processes on one PostgreSQL database. `web-1` reaches it directly, `web-2` through a wire that can be cut.

import { randomBytes } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test as base } from "@playwright/test";
import postgres from "postgres";
import { HANG_MS } from "./patience.ts";
import { administrator, somebody } from "./people.ts";
import { withDatabase } from "./postgres.ts";
import {
  type Credentials,
  administratorToken,
  askMe,
  forceLogoutByApi,
  logIn,
  openPage,
  signUp,
  statusOf,
} from "./programs.ts";
import { Proxy } from "./proxy.ts";
import { Server, freePort } from "./server.ts";

/** An instance that hears nothing trusts its memory for so long. */
const STALE_AFTER_MS = 5_000;

/** A stall of the machine that no answer shows. */
const SLACK_MS = 500;

const GONE_AFTER_MS = 10_000;
const RUNS = 200;

type Pair = { web1: Server; web2: Server; wire: Proxy; metricsUrl: string; databaseUrl: string };

const test = base.extend<{ direct: boolean; pair: Pair }>({
  /** Without the wire, which is part of this process and slow when it is busy: for what is measured. */
  direct: [false, { option: true }],

  pair: async ({ direct }, use, testInfo) => {
    await withDatabase(async (databaseUrl) => {
      const wire = await Proxy.to(databaseUrl);
      const metricsPort = await freePort();
      const secret = { LATCHKEY_SECRET_KEY: randomBytes(32).toString("base64url") };
      const web1 = await Server.start({ ...secret, LATCHKEY_INSTANCE: "web-1", LATCHKEY_DATABASE_URL: databaseUrl });
      const web2 = await Server.start({
        ...secret,
        LATCHKEY_BASE_URL: web1.url,
        LATCHKEY_INSTANCE: "web-2",
        LATCHKEY_DATABASE_URL: direct ? databaseUrl : wire.through(databaseUrl),
        LATCHKEY_METRICS_ADDR: `127.0.0.1:${metricsPort}`,
      });
      await use({ web1, web2, wire, metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`, databaseUrl });
      if (testInfo.status !== testInfo.expectedStatus) {
        for (const server of [web1, web2]) await testInfo.attach("server log", { body: server.log() });
      }
      await Promise.all([web1.stop(), web2.stop()]);
      wire.cut();
    });
  },
});

test.describe("side by side", () => {
  test.use({ direct: true });

  test(`after the receipt nobody accepts the token, in ${RUNS} force-logouts`, async ({ pair }, testInfo) => {
    const { web1, web2 } = pair;
    const [admin, victim] = [await administrator(web1), somebody("Victim")];
    await signUp(web1, victim);
    const receipts: number[] = [];
    const refusals: number[] = [];
    const own: number[] = [];
    let adminToken = "";
    let accepted = 0;
    let confirmed = 0;
    let unconfirmed = 0;
    // A receipt that names who has not confirmed promises nothing for it: it counts as no run.
    while (confirmed < RUNS) {
      const { token, id } = await logIn(web1, victim);
      // A proof of identity is good for ten minutes only.
      if (confirmed % 20 === 0) adminToken = (await logIn(web1, admin)).token;
      expect(await statusOf(askMe(web2, token))).toBe(200);
      const sent = performance.now();
      let receiptAt = Infinity;
      let late = 0;
      const receipt = forceLogoutByApi(web1, adminToken, id).then((receipt) => {
        receiptAt = performance.now();
        return receipt;
      });
      const refusedAt = await until(async () => {
        const askedAt = performance.now();
        const status = await statusOf(askMe(web2, token));
        if (status === 200 && askedAt > receiptAt) late += 1;
        return status === 401;
      });
      const { instances, milliseconds } = await receipt;
      own.push(milliseconds);
      for (const server of [web1, web2]) late += (await statusOf(askMe(server, token))) === 401 ? 0 : 1;
      expect(instances).toHaveLength(2);
      if (instances.some(({ milliseconds }) => milliseconds === null)) {
        unconfirmed += 1;
        continue;
      }
      confirmed += 1;
      accepted += late;
      receipts.push(receiptAt - sent);
      refusals.push(refusedAt - sent);
    }
    const words = `${RUNS} runs: refused here ${spread(own)}, on the other instance ${spread(refusals)}; receipt ${spread(receipts)}`;
    console.log(`${words}; accepted after the receipt ${accepted}, unconfirmed ${unconfirmed}`);
    testInfo.annotations.push({ type: "measured", description: words });
    expect(accepted).toBe(0);
  });
});

test("the database is cut: 503 within the bound, nobody is logged out, and back again without a restart", async ({
  pair,
}) => {
  const { wire } = pair;
  await outage(pair, { begins: () => wire.cut(), ends: () => wire.admit() });
});

test("the database is frozen: 503 within the bound, and back again after the thaw", async ({ pair }) => {
  const { wire } = pair;
  await outage(pair, { begins: () => wire.freeze(), ends: async () => wire.thaw() });
});

/** `web-2` has no database for longer than its memory counts; meanwhile somebody is thrown out at `web-1`. */
async function outage(pair: Pair, wire: { begins: () => void; ends: () => Promise<void> }): Promise<void> {
  const { web1, web2 } = pair;
  const admin = await administratorToken(web1);
  const [bystander, victim] = [await newcomer(web1), await newcomer(web1)];
  for (const { token } of [bystander, victim]) expect(await statusOf(askMe(web2, token))).toBe(200);

  const begun = performance.now();
  wire.begins();
  const { instances } = await forceLogoutByApi(web1, admin, victim.id);
  expect(instances.find(({ name }) => name === "web-2")).toEqual({ name: "web-2", milliseconds: null });
  expect(instances.find(({ name }) => name === "web-1")?.milliseconds).not.toBeNull();

  let lastAccepted = 0;
  // What the machine adds: the longest that an answer took while nothing was waited for.
  let slowest = 0;
  const refusedAt = await until(async () => {
    const askedAt = performance.now() - begun;
    const answer = await askMe(web2, victim.token);
    if (answer.status === 200) {
      lastAccepted = askedAt;
      slowest = Math.max(slowest, performance.now() - begun - askedAt);
    } else {
      await expectBusy(answer);
    }
    return answer.status === 503;
  });
  console.log(`accepted until ${lastAccepted.toFixed(0)} ms, 503 at ${(refusedAt - begun).toFixed(0)} ms`);
  expect(lastAccepted).toBeLessThan(STALE_AFTER_MS + SLACK_MS + 4 * slowest);
  const guardAnswers = await took(async () => expectBusy(await askMe(web2, bystander.token)));
  // Many at once: the time of one, not of many.
  const page = openPage(web2, "/dashboard", bystander.session);
  const ready = statusOf(fetch(`${web2.url}/readyz`));
  const all = await took(async () => {
    for (const answer of await Promise.all(Array.from({ length: 30 }, () => askMe(web2, bystander.token)))) await expectBusy(answer);
  });
  expect(all, `one took ${guardAnswers} ms`).toBeLessThan(10 * guardAnswers);
  await expectBusy(await page);
  expect(await ready).toBe(503);
  expect(await statusOf(fetch(`${web2.url}/healthz`))).toBe(200);

  await wire.ends();
  const backAfter = performance.now();
  const backAt = await until(async () => (await statusOf(askMe(web2, bystander.token))) === 200);
  console.log(`back ${(backAt - backAfter).toFixed(0)} ms after the database`);
  expect(await statusOf(askMe(web2, victim.token)), "nothing was missed").toBe(401);
  await until(async () => (await statusOf(openPage(web2, "/dashboard", bystander.session))) === 200);
  await until(async () => feedSays(web2, "is back").length > 0);
  for (const words of ["is cut", "is back"] as const) expect(feedSays(web2, words), words).toHaveLength(1);
}

/** What an instance logged of its feed; the Lab's says the same of its own. */
function feedSays(server: Server, words: "is cut" | "is back"): string[] {
  const lines = server.log().split("\n");
  return lines.filter((line) => line.includes(`the revocation feed ${words}`) && !line.includes(" lab: "));
}

test("a revocation while the listening connection is gone is not missed", async ({ pair }) => {
  const { web1, web2, wire, databaseUrl } = pair;
  const admin = await administratorToken(web1);
  const sql = postgres(databaseUrl, { max: 1 });
  const listeners = () =>
    sql`select pid from pg_stat_activity where datname = current_database() and application_name = 'latchkey feed web-2'`;
  const [before] = await listeners();
  const victims = [await newcomer(web1), await newcomer(web1)] as const;

  // It cannot come back, and what it would have heard is asked for.
  wire.refuse();
  expect(await sql`select pg_terminate_backend(${before?.pid}) as gone`).toMatchObject([{ gone: true }]);
  await until(async () => (await listeners()).length === 0);
  await forceLogoutByApi(web1, admin, victims[0].id);
  await until(async () => (await statusOf(askMe(web2, victims[0].token))) === 401);
  await until(async () => feedSays(web2, "is cut").length > 0);

  await wire.admit();
  await until(async () => (await listeners()).length === 1);
  await until(async () => feedSays(web2, "is back").length > 0);
  const { instances } = await forceLogoutByApi(web1, admin, victims[1].id);
  expect(instances.every(({ milliseconds }) => milliseconds !== null)).toBe(true);
  expect(await statusOf(askMe(web2, victims[1].token))).toBe(401);
  await sql.end();
});

test("a killed instance is named as late, and after ten seconds not at all", async ({ pair }) => {
  const { web1, web2, databaseUrl } = pair;
  const admin = await administratorToken(web1);
  const { id } = await newcomer(web1);
  const sql = postgres(databaseUrl, { max: 1 });
  /** Its last word was so long ago, and comes no more. */
  const silentFor = async (ms: number) => {
    const rows = await sql`update instances set seen_at = ${Date.now() - ms} where name = 'web-2'`;
    expect(rows.count).toBe(1);
  };
  await web2.kill();
  await silentFor(0);
  const { instances } = await forceLogoutByApi(web1, admin, id);
  expect(instances.find(({ name }) => name === "web-2")).toEqual({ name: "web-2", milliseconds: null });
  const victim = somebody("Victim");
  await signUp(web1, victim);
  // The command takes its time to start.
  await silentFor(-HANG_MS);
  const done = await web1.cli(["force-logout", "--user", victim.email]);
  expect(done.stdout).toMatch(/Confirmed by 1 of 2 instances in \d+ ms\. web-2 hasn't confirmed within 1 s\. It checks/);

  await silentFor(GONE_AFTER_MS);
  const { instances: left } = await forceLogoutByApi(web1, admin, id);
  expect(left.map(({ name }) => name)).toEqual(["web-1"]);
  await sql.end();
});

test("an instance that stops in order is not waited for", async ({ pair }) => {
  const { web1, web2 } = pair;
  const admin = await administratorToken(web1);
  const { id } = await newcomer(web1);
  expect(await web2.stop()).toBe(0);
  const { instances } = await forceLogoutByApi(web1, admin, id);
  expect(instances.map(({ name }) => name)).toEqual(["web-1"]);
});

test("metrics count what came through the feed, on a port of their own", async ({ pair }) => {
  const { web1, web2, metricsUrl } = pair;
  const admin = await administratorToken(web1);
  const { id, session, token } = await newcomer(web1);
  const before = await heard(metricsUrl);
  await forceLogoutByApi(web1, admin, id);
  await expect.poll(() => heard(metricsUrl)).toBe(before + 1);
  const text = await (await fetch(metricsUrl)).text();
  for (const secret of [id, session, token, "example.com"]) expect(text).not.toContain(secret);
  for (const server of [web1, web2]) expect(await statusOf(fetch(`${server.url}/metrics`))).toBe(404);
});

async function heard(metricsUrl: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  const row = /^latchkey_revocation_propagation_seconds_count\{via="feed"\} (\d+)$/m.exec(text);
  return Number(row?.[1] ?? 0);
}

async function newcomer(server: Server): Promise<Credentials> {
  const person = somebody("Newcomer");
  await signUp(server, person);
  return logIn(server, person);
}

/** 503 that says when to try again and takes no cookie away. */
async function expectBusy(answer: Response): Promise<void> {
  await answer.arrayBuffer();
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toBe("2");
  expect(answer.headers.getSetCookie()).toEqual([]);
}

/** Asks again and again; the moment at which it was so. */
async function until(isSo: () => Promise<boolean>): Promise<number> {
  const begun = performance.now();
  while (performance.now() - begun < HANG_MS) {
    if (await isSo()) return performance.now();
    // What the processes print comes in between.
    await nextTurn();
  }
  throw new Error(`not so within ${HANG_MS} ms`);
}

async function took(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function spread(times: number[]): string {
  const sorted = [...times].sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]?.toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}
