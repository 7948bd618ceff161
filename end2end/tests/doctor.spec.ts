// `latchkey doctor`, as an operator runs it beside a server: what is well, and each thing that can be made to go wrong.

import { once } from "node:events";
import { chmod, readFile, utimes } from "node:fs/promises";
import { type IncomingMessage, type ServerResponse, createServer, request } from "node:http";
import { type AddressInfo, type Server as TcpServer, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "./fixtures.ts";
import { Mailbox } from "./mailbox.ts";
import { administrator } from "./people.ts";
import { connect, withDatabase } from "./postgres.ts";
import { Proxy } from "./proxy.ts";
import { Server, freePort } from "./server.ts";

type Finding = { check: string; state: "ok" | "warning" | "error"; message: string; fix: string };

test("a healthy installation gets a good report, and one about mail", async ({ server }) => {
  await administrator(server);
  const { stdout } = await server.cli(["doctor"]);
  expect(stdout).toMatch(/^ok +database +connected in \d+ ms, up to date$/m);
  expect(stdout).toMatch(/^ok +secret key +decrypts 1 signing key$/m);
  expect(stdout).toMatch(/^ok +signing key +ES256, in use for/m);
  expect(stdout).toMatch(/^ok +passwords +one hash takes \d+ ms;/m);
  expect(stdout).toMatch(/^ok +files +only the owner can read .*$/m);
  expect(stdout).toMatch(/^ok +disk +\d+ MiB free at/m);
  expect(stdout).toMatch(/^ok +server +.* answers at http:\/\/127\.0\.0\.1:\d+$/m);
  expect(stdout).toMatch(/^ok +base URL +http:\/\/localhost:\d+ leads to/m);
  expect(stdout).toMatch(/^ok +proxy +no proxy; client address is/m);
  expect(stdout).toMatch(/^ok +feed +1 running instance is up to date/m);
  expect(stdout).toMatch(/^ok +backup .*\.backup/m);
  expect(stdout).toMatch(/^ok +clock /m);
  expect(stdout).toMatch(/^warning +email .*\n +→ set LATCHKEY_SMTP_URL$/m);
  // Other tests may have made administrators on this server, too.
  expect(stdout).toMatch(/^warning +administrators +\d+ of \d+ administrators (has|have) no two-factor authentication\n +→ turn it on at \/account\/second-factor$/m);
});

test("in production without mail the doctor names the weakness", async ({ server }) => {
  const key = (await readFile(join(server.dataDir, "secret.key"), "utf8")).trim();
  // Nobody may be asked outside this machine: `.invalid` has no address (RFC 6761).
  // The quick hashes of the tests are too quick for production.
  const settings = ["--base-url", "https://accounts.invalid", "--secret-key", key, "--argon2-passes", "5"];
  const { findings } = await examine(server, settings);
  expect(find(findings, "settings")).toMatchObject({ state: "ok" });
  expect(find(findings, "email")).toMatchObject({
    state: "warning",
    message: expect.stringContaining("sign-up reveals whether an address has an account"),
  });
  expect(find(findings, "base URL")).toMatchObject({ state: "warning", message: expect.stringContaining("cannot reach") });
  expect(find(findings, "security.txt")).toMatchObject({ state: "warning", fix: expect.stringContaining("LATCHKEY_SECURITY_CONTACT") });
  expect(find(findings, "support")).toMatchObject({ state: "warning", fix: expect.stringContaining("LATCHKEY_SUPPORT_CONTACT") });
  const named = await examine(server, [...settings, "--support-contact", "help@example.com"]);
  expect(find(named.findings, "support")).toMatchObject({ state: "ok", message: expect.stringContaining("help@example.com") });
});

test("what is broken is named with its remedy, and the exit code says so", async ({ server }) => {
  const nowhere = await server.cli(["doctor", "--data-dir", join(server.dataDir, "nowhere"), "--database-url", "sqlite:///nowhere/at/all.db"], { code: 1 });
  expect(nowhere.stdout).toMatch(/^error +database .*\n +→ check LATCHKEY_DATABASE_URL/m);
  const otherKey = await examine(server, ["--secret-key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"]);
  expect(otherKey.code).toBe(1);
  expect(find(otherKey.findings, "secret key")).toMatchObject({ state: "error", fix: expect.stringContaining("LATCHKEY_SECRET_KEY") });
  expect(find(otherKey.findings, "server")).toMatchObject({ state: "error", message: expect.stringContaining("another secret key") });
  expect(otherKey.stderr).toContain("found 4 errors");
});

test("a wrong setting is named before anything else", async ({ server }) => {
  const { code, findings } = await examine(server, ["--base-url", "http://accounts.invalid"]);
  expect(code).toBe(1);
  expect(find(findings, "settings")).toMatchObject({ state: "error", message: expect.stringContaining("LATCHKEY_BASE_URL") });
  const open = await examine(server, ["--addr", "0.0.0.0:1", "--metrics-addr", "0.0.0.0:9464", "--insecure-cookies", "true", "--trusted-proxies", "0.0.0.0/0"]);
  for (const what of ["listening", "metrics", "cookies", "proxies"]) {
    expect(find(open.findings, what), what).toMatchObject({ state: "warning", fix: expect.stringContaining("LATCHKEY_") });
  }
});

test("a setting that is mistyped is named by the doctor and in the log", async () => {
  const server = await Server.start({ LATCHKEY_TRUSTED_PROXY: "127.0.0.1" });
  try {
    expect(find((await examine(server)).findings, "environment")).toMatchObject({
      state: "warning",
      message: expect.stringContaining("LATCHKEY_TRUSTED_PROXY"),
      fix: expect.stringContaining("latchkey help settings"),
    });
    expect(server.log()).toMatch(/WARN.*LATCHKEY_TRUSTED_PROXY/);
  } finally {
    await server.stop();
  }
});

test("files that others can read", async ({ freshServer: server }) => {
  const database = join(server.dataDir, "latchkey.db");
  await chmod(server.dataDir, 0o755);
  expect(find((await examine(server)).findings, "files")).toMatchObject({ state: "warning", fix: `chmod 700 ${server.dataDir}` });
  await chmod(database, 0o644);
  const { code, findings } = await examine(server);
  expect(code).toBe(1);
  expect(find(findings, "files")).toMatchObject({ state: "error", message: expect.stringContaining(database), fix: expect.stringContaining("chmod 600") });
  await chmod(server.dataDir, 0o700);
  expect(find((await examine(server)).findings, "files")).toMatchObject({ state: "warning" });
  await chmod(database, 0o600);
  await chmod(join(server.dataDir, "secret.key"), 0o644);
  expect(find((await examine(server)).findings, "secret key")).toMatchObject({ state: "error", fix: expect.stringContaining("chmod 600") });
});

test("a clock that has gone back", async ({ freshServer: server }) => {
  const later = new Date(Date.now() + 3_600_000);
  await utimes(join(server.dataDir, "latchkey.db"), later, later);
  expect(find((await examine(server)).findings, "clock")).toMatchObject({ state: "error", fix: expect.stringContaining("NTP") });
});

test("the mail server: lets us in, is not there, says nothing", async ({ server }) => {
  const mailbox = await Mailbox.start();
  const smtp = ["--smtp-url", `smtp://127.0.0.1:${mailbox.port}`];
  expect(find((await examine(server, smtp)).findings, "email")).toMatchObject({ state: "ok" });
  await mailbox.stop();
  const closed = await examine(server, smtp);
  expect(closed.code).toBe(1);
  expect(find(closed.findings, "email")).toMatchObject({
    state: "error",
    message: expect.stringMatching(/refused/i),
    fix: expect.stringContaining("LATCHKEY_SMTP_URL"),
  });

  const silent = createTcpServer(() => {}).listen(0, "127.0.0.1");
  const port = await portOf(silent);
  const hangs = await examine(server, ["--smtp-url", `smtp://somebody:hunter2@127.0.0.1:${port}`]);
  expect(find(hangs.findings, "email")).toMatchObject({ state: "error", message: expect.stringContaining("doesn't answer") });
  expect(JSON.stringify(hangs.findings)).not.toContain("hunter2");
  silent.close();
});

test("no server, and something else in its place", async ({ server }) => {
  const nobody = await freePort();
  const off = await examine(server, ["--addr", `127.0.0.1:${nobody}`]);
  expect(find(off.findings, "server")).toMatchObject({ state: "warning", fix: expect.stringContaining("latchkey serve") });

  const other = createServer((_, response) => void response.writeHead(404).end("no such page")).listen(0, "127.0.0.1");
  const port = await portOf(other);
  const taken = await examine(server, ["--addr", `127.0.0.1:${port}`]);
  expect(find(taken.findings, "server")).toMatchObject({ state: "error", message: expect.stringContaining("another program") });
  other.close();
});

test("what stands in front: a proxy nobody trusts, one that changes the Host, and one that leads on", async ({ server }) => {
  let host = "";
  const pass = (from: IncomingMessage, to: ServerResponse) => {
    const headers = { ...from.headers, "x-forwarded-for": "198.51.100.7", ...(host && { host }) };
    const passed = request(`${server.url}${from.url}`, { headers }, (answer) => answer.pipe(to.writeHead(answer.statusCode ?? 500)));
    passed.end();
  };
  let handle = pass;
  const proxy = createServer((from, to) => handle(from, to)).listen(0, "127.0.0.1");
  const base = ["--base-url", `http://localhost:${await portOf(proxy)}`];

  const untrusted = await examine(server, base);
  expect(find(untrusted.findings, "base URL")).toMatchObject({ state: "ok" });
  expect(find(untrusted.findings, "proxy")).toMatchObject({ state: "warning", fix: expect.stringContaining("LATCHKEY_TRUSTED_PROXIES=") });

  const trusted = await examine(server, [...base, "--trusted-proxies", "127.0.0.0/8,::1"]);
  expect(find(trusted.findings, "proxy")).toMatchObject({ state: "ok", message: expect.stringContaining("is trusted") });

  host = "backend:8080";
  const renamed = await examine(server, base);
  expect(find(renamed.findings, "base URL")).toMatchObject({ state: "error", message: expect.stringContaining("backend:8080"), fix: expect.stringContaining("Host") });

  handle = (_, to) => void to.writeHead(301, { location: "https://www.example.invalid/" }).end();
  const led = await examine(server, base);
  expect(find(led.findings, "base URL")).toMatchObject({ state: "error", message: expect.stringContaining("https://www.example.invalid/") });
  proxy.close();
});

test("PostgreSQL: well, behind, cut and silent", async ({ server }) => {
  await withDatabase(async (url) => {
    const wire = await Proxy.to(url);
    const through = ["--database-url", wire.through(url)];
    const empty = await examine(server, through);
    expect(find(empty.findings, "database")).toMatchObject({ state: "error", fix: expect.stringContaining("latchkey migrate") });
    await server.cli(["migrate", ...through]);

    const { findings } = await examine(server, through);
    for (const what of ["database", "clock", "connections", "notifications", "feed", "outbox", "audit log"]) {
      expect(find(findings, what), what).toMatchObject({ state: "ok" });
    }
    expect(find(findings, "administrators")).toMatchObject({ state: "warning", fix: expect.stringContaining("latchkey admin create") });
    expect(find((await examine(server, [...through, "--database-connections", "1000"])).findings, "connections")).toMatchObject({
      state: "warning",
      fix: expect.stringContaining("max_connections"),
    });

    const sql = connect(url);
    await sql`update audit_chain set seq = 7, mac = 'not this one'`;
    await sql`insert into instances (id, name, started_at, seen_at, seq) values ('x', 'web-9', 0, ${Date.now() + 60_000}, -1)`;
    await sql`insert into outbox (id, email, user_id, mail, created_at, due_at, attempts, given_up_at) values ('x', 'a@example.com', '', '{}', 0, 0, 9, 1)`;
    const worse = await examine(server, through);
    expect(find(worse.findings, "audit log")).toMatchObject({ state: "error", fix: expect.stringContaining("audit verify") });
    expect(find(worse.findings, "feed")).toMatchObject({ state: "warning", message: expect.stringContaining("web-9") });
    expect(find(worse.findings, "outbox")).toMatchObject({ state: "warning", fix: expect.stringContaining("mail list") });
    await sql`delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)`;
    expect(find((await examine(server, through)).findings, "database")).toMatchObject({ state: "warning", message: expect.stringContaining("1 migration to run") });
    await sql`update _sqlx_migrations set version = 99999 where version = 1`;
    expect(find((await examine(server, through)).findings, "database")).toMatchObject({ state: "error", message: expect.stringContaining("newer Latchkey") });
    await sql.end();

    wire.freeze();
    const silent = await examine(server, through);
    expect(find(silent.findings, "database")).toMatchObject({ state: "error", message: expect.stringContaining("doesn't answer") });
    wire.cut();
    const cut = await examine(server, through);
    expect(find(cut.findings, "database")).toMatchObject({ state: "error", message: expect.stringMatching(/refused/i) });
  });
});

/** The findings of `latchkey doctor`, which must come whatever hangs: nothing else ends its waiting. */
async function examine(server: Server, args: string[] = []): Promise<{ code: number | null; stderr: string; findings: Finding[] }> {
  const { code, stdout, stderr } = await server.cliWhatever(["doctor", "--json", ...args]);
  expect(stdout, stderr).not.toBe("");
  const findings = (JSON.parse(stdout) as { findings: Finding[] }).findings;
  expect(code, stdout).toBe(findings.some(({ state }) => state === "error") ? 1 : 0);
  for (const { state, fix } of findings) if (state === "error") expect(fix).not.toBe("");
  return { code, stderr, findings };
}

function find(findings: Finding[], check: string): Finding | undefined {
  return findings.find((finding) => finding.check === check);
}

async function portOf(listener: TcpServer | ReturnType<typeof createServer>): Promise<number> {
  if (!listener.listening) await once(listener, "listening");
  return (listener.address() as AddressInfo).port;
}

test("the log says of each statement which request asked for it, also on SQLite's own threads", async () => {
  const server = await Server.start({ LATCHKEY_LOG: "info,sqlx::query=debug", LATCHKEY_LOG_FORMAT: "json" });
  try {
    const answer = await fetch(`${server.url}/login`, { headers: { cookie: "__Host-session=AAAAAAAAAAAAAAAAAAAAAA; session=AAAAAAAAAAAAAAAAAAAAAA" } });
    const id = answer.headers.get("x-request-id") ?? "";
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    type Line = { message?: string; summary?: string; span?: { request?: string }; request?: { id: string } };
    const lines = () => server.log().split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Line);
    await expect.poll(() => lines().filter((line) => line.message === "answered" && line.request?.id === id)).toHaveLength(1);
    await expect.poll(() => lines().filter((line) => line.summary?.startsWith("select") && line.span?.request === id).length).toBeGreaterThan(0);
  } finally {
    await server.stop();
  }
});
