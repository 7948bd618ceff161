// A server of our own: the real program on a free port, with a data folder that is gone afterwards.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HANG_MS } from "./patience.ts";

/** A port that was free may be taken when the server asks for it, by another run of the tests. */
const PORTS_TRIED = 5;

/** The least that the program takes: these tests are not about what a password costs. */
const QUICK_HASHES = { LATCHKEY_ARGON2_MEMORY_KIB: "7168", LATCHKEY_ARGON2_PASSES: "1" };

/** Everybody here comes from one address. */
const MANY_SIGN_UPS = { LATCHKEY_SIGN_UPS_PER_NETWORK: "1000000" };

export type Env = Record<string, string>;
export type Printed = { stdout: string; stderr: string };
type CliResult = Printed & { code: number | null };
/** A command, what it has printed so far, and its end. */
export type Running = { printed: Printed; ended: Promise<CliResult> };

export class Server {
  private constructor(
    readonly url: string,
    readonly dataDir: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly process: ChildProcess,
    private output = "",
  ) {
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => void (this.output += text));
    }
  }

  static async start(extra: Env): Promise<Server> {
    for (let tried = 1; ; tried += 1) {
      const port = await freePort();
      const url = `http://localhost:${port}`;
      const dataDir = await mkdtemp(join(tmpdir(), "latchkey-test-"));
      const own = { LATCHKEY_ADDR: `127.0.0.1:${port}`, LATCHKEY_BASE_URL: url, LATCHKEY_DATA_DIR: dataDir };
      try {
        return await Server.launch(url, dataDir, { ...inheritedEnv(), ...own, ...QUICK_HASHES, ...MANY_SIGN_UPS, ...extra });
      } catch (error) {
        await rm(dataDir, { recursive: true, force: true });
        if (tried === PORTS_TRIED || !String(error).includes(`cannot listen on 127.0.0.1:${port}`)) throw error;
      }
    }
  }

  /** Another process with the settings and the data of one that has crashed. */
  static startAgain({ url, dataDir, env }: Server): Promise<Server> {
    return Server.launch(url, dataDir, env);
  }

  private static async launch(url: string, dataDir: string, env: NodeJS.ProcessEnv): Promise<Server> {
    const child = spawn(binary(), ["serve"], { cwd: dataDir, env, stdio: ["ignore", "pipe", "pipe"] });
    const server = new Server(url, dataDir, env, child);
    await server.waitUntilReady();
    return server;
  }

  /** Everything that the server has printed so far. */
  log(): string {
    return this.output;
  }

  /** Runs `latchkey <args>` as an operator of this server would; what it printed, when it ended with `code`. */
  async cli(args: string[], { code = 0, input = "" }: { code?: number; input?: string } = {}): Promise<Printed> {
    const { code: ended, ...printed } = await this.cliWhatever(args, input);
    if (ended === code) return printed;
    throw new Error(
      `latchkey ${args.join(" ")}: exit code ${ended} instead of ${code}\n` +
        `stdout:\n${printed.stdout}\nstderr:\n${printed.stderr}\nthe server's log ends with:\n${this.output.slice(-3_000)}`,
    );
  }

  /** As [`cli`], however it ends, and of another program if one is named. */
  async cliWhatever(args: string[], input = "", program = binary()): Promise<CliResult> {
    return this.begin(args, input, program).ended;
  }

  /** As [`cliWhatever`], and does not wait for the end. */
  begin(args: string[], input = "", program = binary()): Running {
    const child = spawn(program, args, { cwd: this.dataDir, env: this.env, stdio: ["pipe", "pipe", "pipe"] });
    const printed = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => void (printed.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => void (printed.stderr += text));
    // A command that reads nothing may be gone before it is written to.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    return { printed, ended: once(child, "close").then(([code]) => ({ code: code as number | null, ...printed })) };
  }

  /** As a service manager would do it. Returns the exit code: a server that does not end well is a failure. */
  async stop(): Promise<number | null> {
    this.process.kill("SIGTERM");
    const late = sleep(HANG_MS, undefined, { ref: false }).then(() => this.process.kill("SIGKILL"));
    if (this.isRunning()) await Promise.race([once(this.process, "exit"), late]);
    await rm(this.dataDir, { recursive: true, force: true });
    return this.process.exitCode;
  }

  /** As a power cut does it: no time for a last word. */
  async kill(): Promise<void> {
    await this.crash();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** As [`kill`], and the data stays for [`startAgain`]. */
  async crash(): Promise<void> {
    const gone = once(this.process, "exit");
    this.process.kill("SIGKILL");
    if (this.isRunning()) await gone;
  }

  private isRunning(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  private async waitUntilReady(): Promise<void> {
    const deadline = Date.now() + HANG_MS;
    while (this.isRunning() && Date.now() < deadline) {
      const response = await fetch(`${this.url}/readyz`).catch(() => undefined);
      // What it says may come after its answers.
      // Not that of "already in use": another server answers there then.
      if (response?.status === 200 && /\bready\b/.test(this.output)) return;
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

/** Of each worker. They begin below those that a system gives to whoever connects somewhere. */
const PORTS = { first: 20_000, perWorker: 1_000 };
let asked = 0;

/** No other worker is given it. */
export async function freePort(): Promise<number> {
  const first = PORTS.first + PORTS.perWorker * Number(process.env.TEST_PARALLEL_INDEX ?? 0);
  for (;;) {
    const port = first + (asked++ % PORTS.perWorker);
    const listener = createServer().listen(port, "127.0.0.1");
    // In use: by another run of the tests, or by a program of this machine.
    if (await once(listener, "listening").catch(() => false)) {
      listener.close();
      await once(listener, "close");
      return port;
    }
  }
}
