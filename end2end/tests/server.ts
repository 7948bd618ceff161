// The fixtures: each worker has a server of its own, and each test fails when the browser's console says anything.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test as base } from "@playwright/test";

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;

export type Env = Record<string, string>;
export type CliResult = { code: number | null; stdout: string; stderr: string };

export class Server {
  private constructor(
    readonly url: string,
    readonly dataDir: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly process: ChildProcess,
    private output = "",
  ) {
    const collect = (chunk: Buffer) => void (this.output += chunk.toString());
    process.stdout?.on("data", collect);
    process.stderr?.on("data", collect);
  }

  static async start(extra: Env): Promise<Server> {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const dataDir = await mkdtemp(join(tmpdir(), "latchkey-test-"));
    const own = { LATCHKEY_ADDR: `127.0.0.1:${port}`, LATCHKEY_BASE_URL: url, LATCHKEY_DATA_DIR: dataDir };
    const env = { ...inheritedEnv(), ...own, ...extra };
    const child = spawn(binary(), ["serve"], { cwd: dataDir, env, stdio: ["ignore", "pipe", "pipe"] });
    const server = new Server(url, dataDir, env, child);
    await server.waitUntilReady();
    return server;
  }

  /** Everything that the server has printed so far. */
  log(): string {
    return this.output;
  }

  /** Runs `latchkey <args>` as an operator of this server would, and returns also when it fails. */
  async cli(...args: string[]): Promise<CliResult> {
    const child = spawn(binary(), args, { cwd: this.dataDir, env: this.env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => void (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => void (stderr += chunk.toString()));
    const [code] = await once(child, "close");
    return { code, stdout, stderr };
  }

  /** As a service manager would do it; a server that does not end well fails the run. */
  async stop(): Promise<void> {
    this.process.kill("SIGTERM");
    const late = sleep(STOP_TIMEOUT_MS, undefined, { ref: false }).then(() => this.process.kill("SIGKILL"));
    if (this.isRunning()) await Promise.race([once(this.process, "exit"), late]);
    await rm(this.dataDir, { recursive: true, force: true });
    expect(this.process.exitCode, `exit code after SIGTERM; the log:\n${this.output}`).toBe(0);
  }

  private isRunning(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  private async waitUntilReady(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (this.isRunning() && Date.now() < deadline) {
      const response = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (response?.status === 200) return;
      await sleep(50);
    }
    this.process.kill("SIGKILL");
    throw new Error(`the server does not become ready; its log:\n${this.output}`);
  }
}

function binary(): string {
  const path = process.env.LATCHKEY_BIN;
  if (!path) throw new Error("LATCHKEY_BIN is not set: start these tests with `cargo xtask test --only browser`");
  return path;
}

/** Ours without the developer's own Latchkey settings, which would change what is tested. */
function inheritedEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("LATCHKEY_")));
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  listener.close();
  await once(listener, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

type WorkerFixtures = { serverEnv: Env; server: Server };
type TestFixtures = { allowConsole: (pattern: RegExp) => void; allowedMessages: RegExp[] };

export const test = base.extend<TestFixtures, WorkerFixtures>({
  /** More settings for the server: `test.use({ serverEnv: { LATCHKEY_...: "..." } })`, once per file. */
  serverEnv: [{}, { scope: "worker", option: true }],

  server: [
    async ({ serverEnv }, use) => {
      const server = await Server.start(serverEnv);
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],

  baseURL: async ({ server }, use) => use(server.url),

  allowedMessages: async ({}, use) => use([]),

  /** Tells that a console message is expected in this test, such as the browser's own word on a 403. */
  allowConsole: async ({ allowedMessages }, use) => use((pattern) => void allowedMessages.push(pattern)),

  /** Every page of the test: a hydration mismatch, a CSP violation or a panic shows in the console only. */
  context: async ({ context, server, allowedMessages }, use, testInfo) => {
    const messages: string[] = [];
    context.on("console", (message) => {
      if (!["error", "warning"].includes(message.type())) return;
      messages.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => messages.push(`uncaught: ${error.error().message}`));
    await use(context);
    if (testInfo.status !== testInfo.expectedStatus) await testInfo.attach("server log", { body: server.log() });
    const unexpected = messages.filter((message) => !allowedMessages.some((pattern) => pattern.test(message)));
    expect(unexpected, "messages in the browser's console").toEqual([]);
  },
});

export { expect };
