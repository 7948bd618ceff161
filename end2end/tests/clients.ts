// Clients that nobody here wrote: how they are registered, how their programs are started, and what they find in
// docs/INTEGRATING.md, whose examples are what is run.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "@playwright/test";
import { expect, test as base } from "./fixtures.ts";
import { HANG_MS } from "./patience.ts";
import { type Person, administrator, enterAndLogIn } from "./people.ts";
import { type Env, type Printed, type Server, freePort } from "./server.ts";

const DOCUMENT = join(import.meta.dirname, "../../docs/INTEGRATING.md");
const NODE_MODULES = join(import.meta.dirname, "../node_modules");

export type Application = { id: string; secret: string };
type Typed = { kind: "web" | "spa" | "native" | "service"; scopes: string; redirects?: string; logouts?: string; backchannel?: string; id_token_alg?: "RS256" };

type Fixtures = {
  /** An address on which nobody listens yet, which the browser may visit. */
  appUrl: string;
  registered: (typed: Typed) => Promise<Application>;
  examples: Examples;
};

export const test = base.extend<Fixtures>({
  appUrl: async ({ allowOrigin, allowConsole }, use) => {
    const url = `http://127.0.0.1:${await freePort()}`;
    allowOrigin(url);
    // Chromium asks everyone for it, also one who has stopped listening.
    allowConsole(/(404|ERR_CONNECTION_REFUSED).*favicon\.ico/);
    await use(url);
  },

  registered: async ({ server, request }, use) => {
    const send = async (path: string, form: Record<string, string>) => {
      const response = await request.post(path, { form, headers: { accept: "text/html" } });
      expect(response.status(), await response.text()).toBe(200);
      return { address: new URL(response.url()), page: await response.text() };
    };
    const { email, password } = await administrator(server);
    await send("/actions/log_in", { email, password });
    await use(async (typed) => {
      const { address, page } = await send("/actions/register_app", { name: "Ledger", redirects: "", logouts: "", ...typed });
      expect(address.pathname, page).toMatch(/^\/account\/apps\/[\w-]+$/);
      return { id: address.pathname.split("/").at(-1) ?? "", secret: /lks_[\w-]{30,}/.exec(page)?.[0] ?? "" };
    });
  },

  examples: async ({}, use, testInfo) => {
    const examples = await Examples.inNewFolder();
    await use(examples);
    const said = await examples.end();
    if (testInfo.status !== testInfo.expectedStatus) await testInfo.attach("what the programs said", { body: said });
  },
});

/** Programs of the document, in a folder that is gone afterwards. */
export class Examples {
  private readonly running: { child: ChildProcess; said: () => string }[] = [];

  private constructor(readonly folder: string) {}

  static async inNewFolder(): Promise<Examples> {
    const folder = await mkdtemp(join(tmpdir(), "latchkey-example-"));
    await symlink(NODE_MODULES, join(folder, "node_modules"));
    return new Examples(folder);
  }

  /** Writes a program of the document into the folder, with these words in place of those that a reader replaces. */
  async write(name: string, replaced: Record<string, string> = {}): Promise<string> {
    let text = await example(name);
    for (const [from, to] of Object.entries(replaced)) {
      expect(text, name).toContain(from);
      text = text.replaceAll(from, to);
    }
    return this.put(name, text);
  }

  async put(name: string, text: string): Promise<string> {
    const path = join(this.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return path;
  }

  /** Starts a program that listens on an address, and waits until it does. */
  async start(program: string[], env: Env, url: string): Promise<void> {
    const { child, said } = this.spawn(program, env);
    this.running.push({ child, said });
    for (const deadline = Date.now() + HANG_MS; Date.now() < deadline; await sleep(50)) {
      if (child.exitCode !== null) break;
      if (await fetch(url, { redirect: "manual" }).catch(() => undefined)) return;
    }
    throw new Error(`${program.join(" ")} does not answer; it said:\n${said()}`);
  }

  /** Runs a program to its end. */
  async run(program: string[], env: Env, input = ""): Promise<Printed & { code: number | null }> {
    const { child } = this.spawn(program, env);
    let [stdout, stderr] = ["", ""];
    child.stdout?.on("data", (text: string) => void (stdout += text));
    child.stderr?.on("data", (text: string) => void (stderr += text));
    child.stdin?.end(input);
    const [code] = await once(child, "close");
    return { code, stdout: stdout.trim(), stderr };
  }

  /** A program that asks something of us: what it says first is a line. */
  async ask(program: string[], env: Env, answer: (line: string) => Promise<string>): Promise<string> {
    const { child, said } = this.spawn(program, env);
    let stdout = "";
    const line = new Promise<string>((resolve, reject) => {
      child.stdout?.on("data", (text: string) => {
        stdout += text;
        if (stdout.includes("\n")) resolve(stdout.split("\n")[0] ?? "");
      });
      child.once("exit", () => reject(new Error(`${program.join(" ")} ended; it said:\n${said()}`)));
    });
    child.stdin?.end(`${await answer(await line)}\n`);
    const [code] = await once(child, "close");
    expect(code, said()).toBe(0);
    return stdout.split("\n").slice(1).join("\n").trim();
  }

  async end(): Promise<string> {
    for (const { child } of this.running) {
      const gone = once(child, "exit");
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGTERM");
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
    return this.running.map(({ said }) => said()).join("\n\n");
  }

  private spawn([program = "", ...args]: string[], env: Env): { child: ChildProcess; said: () => string } {
    const child = spawn(program, args, { cwd: this.folder, env: { ...process.env, ...env }, stdio: "pipe" });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => void (output += text));
    return { child, said: () => output };
  }
}

/** The block of the document that begins with this name, as a comment. */
async function example(name: string): Promise<string> {
  const blocks = (await readFile(DOCUMENT, "utf8")).matchAll(/^```\w+\n((?:\/\/|#) (\S+?):?(?: .*)?\n[^]*?)^```$/gm);
  const found = [...blocks].filter(([, , named]) => named === name);
  expect(found, `examples named ${name} in docs/INTEGRATING.md`).toHaveLength(1);
  return found[0]?.[1] ?? "";
}

/** What the examples read. */
export function env(server: Server, { id, secret }: Application, more: Env = {}): Env {
  return { ISSUER: server.url, CLIENT_ID: id, CLIENT_SECRET: secret, ...more };
}

/** The Python of the tests, with its packages. */
export function python(): string {
  const path = process.env.LATCHKEY_TEST_PYTHON;
  if (!path) throw new Error("LATCHKEY_TEST_PYTHON is not set: start these tests with `cargo xtask test --only browser`");
  return path;
}

/** On the page of consent, or on the log-in page before it. */
export async function agree(page: Page, person?: Person): Promise<void> {
  if (person) await enterAndLogIn(page, person);
  await page.getByRole("button", { name: "Allow access" }).click();
}

/** Whoever is logged in here agrees. The address to which they are sent back, where nobody listens. */
export async function sentBack(page: Page, from: string, to: string): Promise<URL> {
  const came = new Promise<URL>((resolve) => {
    void page.route(`${to}**`, async (route) => {
      resolve(new URL(route.request().url()));
      await route.fulfill({ contentType: "text/html", body: "<title>Ledger</title>" });
    });
  });
  await page.goto(from);
  await agree(page);
  await page.waitForURL((url) => url.href.startsWith(to));
  return came;
}

/** On the page that asks who was sent there to log out. */
export async function confirmLogout(page: Page): Promise<void> {
  await page.getByRole("main").getByRole("button", { name: "Log out" }).click();
}
