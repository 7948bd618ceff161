// The fixtures: each worker has a server of its own, and each test fails when the browser's console says anything or
// when a request leaves for another origin.

import { type BrowserContext, type BrowserContextOptions, expect, test as base } from "@playwright/test";
import type { Sql } from "postgres";
import { Mailbox } from "./mailbox.ts";
import { connect, withDatabase } from "./postgres.ts";
import { type Env, Server } from "./server.ts";

type WorkerFixtures = {
  serverEnv: Env;
  withMailbox: boolean;
  mailServer: Mailbox | undefined;
  database: "sqlite" | "postgres";
  databaseUrl: string;
  server: Server;
};

type TestFixtures = {
  watch: Watch;
  allowConsole: (pattern: RegExp) => void;
  allowOrigin: (origin: string) => void;
  anotherBrowser: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  freshServer: Server;
  mailbox: Mailbox;
  sql: Sql;
};

/** What all browsers of one test did that nobody asked for. */
class Watch {
  readonly allowedMessages: RegExp[] = [
    // The tests keep service workers out, since requests that one answers cannot be rerouted; see playwright.config.ts.
    /Service Worker registration blocked by Playwright/,
    // The program of a page, where no JavaScript runs or the machine is slow: it says how long the test took. That a page
    // asks for it in the wrong way is another message.
    /was preloaded using link preload but not used/,
  ];
  readonly allowedOrigins: string[] = [];
  private readonly messages: string[] = [];
  private readonly requests: string[] = [];

  /** A hydration mismatch, a CSP violation or a panic shows in the console only. */
  follow(context: BrowserContext): void {
    context.on("console", (message) => {
      if (!["error", "warning"].includes(message.type())) return;
      this.messages.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => this.messages.push(`uncaught: ${error.error().message}`));
    context.on("request", (request) => this.requests.push(request.url()));
  }

  check(): void {
    const unexpected = this.messages.filter((text) => !this.allowedMessages.some((pattern) => pattern.test(text)));
    expect(unexpected, "messages in the browser's console").toEqual([]);
    const abroad = this.requests.filter((url) => !this.allowedOrigins.includes(new URL(url).origin));
    expect(abroad, "requests to other origins").toEqual([]);
  }
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  /** More settings for the server: `test.use({ serverEnv: { LATCHKEY_...: "..." } })`, once per file. */
  serverEnv: [{}, { scope: "worker", option: true }],

  /** Whether the server sends real mail, to `mailbox`: `test.use({ withMailbox: true })`, once per file. */
  withMailbox: [false, { scope: "worker", option: true }],

  mailServer: [
    async ({ withMailbox }, use) => {
      if (!withMailbox) return use(undefined);
      const mailbox = await Mailbox.start();
      await use(mailbox);
      await mailbox.stop();
    },
    { scope: "worker" },
  ],

  /** Where the server keeps its data: `test.use({ database: "postgres" })`, once per file. */
  database: ["sqlite", { scope: "worker", option: true }],

  /** The address of that database; empty with SQLite, whose file is the server's own. */
  databaseUrl: [
    async ({ database }, use) => {
      if (database === "sqlite") return use("");
      await withDatabase(use);
    },
    { scope: "worker" },
  ],

  server: [
    async ({ serverEnv, databaseUrl, mailServer }, use) => {
      const own: Env = databaseUrl ? { LATCHKEY_DATABASE_URL: databaseUrl } : {};
      await run({ ...own, ...mailServer?.env(), ...serverEnv }, use);
    },
    { scope: "worker" },
  ],

  baseURL: async ({ server }, use) => use(server.url),

  watch: async ({ server }, use) => {
    const watch = new Watch();
    watch.allowedOrigins.push(server.url);
    await use(watch);
    watch.check();
  },

  /** Tells that a console message is expected in this test, such as the browser's own word on a 403. */
  allowConsole: async ({ watch }, use) => use((pattern) => void watch.allowedMessages.push(pattern)),

  /** Tells that this test visits another origin. */
  allowOrigin: async ({ watch }, use) => use((origin) => void watch.allowedOrigins.push(origin)),

  context: async ({ context, server, watch }, use, testInfo) => {
    watch.follow(context);
    await use(context);
    if (testInfo.status !== testInfo.expectedStatus) await testInfo.attach("server log", { body: server.log() });
  },

  /** The browser of somebody else, with cookies of its own; watched like the first. */
  anotherBrowser: async ({ browser, watch }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options) => {
      const context = await browser.newContext(options);
      watch.follow(context);
      contexts.push(context);
      return context;
    });
    for (const context of contexts) await context.close();
  },

  /** The server's database, for what no page can bring about, such as the passing of time. PostgreSQL only. */
  sql: async ({ databaseUrl }, use) => {
    expect(databaseUrl, "a test that uses `sql` says test.use({ database: \"postgres\" })").not.toBe("");
    const sql = connect(databaseUrl);
    await use(sql);
    await sql.end();
  },

  /** Where the mails of the server arrive, in order and behaving well at the start of each test. */
  mailbox: async ({ mailServer }, use) => {
    if (!mailServer) throw new Error("a test that uses `mailbox` says test.use({ withMailbox: true })");
    await use(mailServer);
    await mailServer.recover();
  },

  /** A server that nobody has used yet, for this test only. */
  freshServer: async ({ serverEnv, mailServer, allowOrigin }, use) => {
    await run({ ...mailServer?.env(), ...serverEnv }, async (server) => {
      allowOrigin(server.url);
      await use(server);
    });
  },
});

async function run(env: Env, use: (server: Server) => Promise<void>): Promise<void> {
  const server = await Server.start(env);
  await use(server);
  const code = await server.stop();
  expect(code, `exit code after SIGTERM; the log:\n${server.log()}`).toBe(0);
}

export { expect };
