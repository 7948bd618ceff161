// A browser that is killed comes back with the cookies that it had written to its disk, which Chromium does every half
// minute only. The browser here is a real one with a profile of its own, and is really killed.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type Page, chromium } from "@playwright/test";
import { CHROMIUM_ARGS, chromiumPath } from "./chromium.ts";
import { expect, test } from "./fixtures.ts";
import { SESSION, cookie, enterAndLogIn, open, somebody } from "./people.ts";
import { signUp } from "./programs.ts";

test.use({ database: "postgres" });

test.afterEach(() => OwnBrowser.killAll());

/** Longer than the secret before still reads. */
const GRACE_OVER_MS = 11_000;

test("a browser that is killed right after a proof of identity has to log in again, and is not called a thief", async ({
  server,
  sql,
}) => {
  const person = somebody("Crash");
  await signUp(server, person);
  const profile = await mkdtemp(join(tmpdir(), "latchkey-profile-"));

  // Closed in order, it writes its cookies down.
  const first = await OwnBrowser.start(profile);
  await open(first.page, `${server.url}/login`);
  await first.page.getByLabel("Remember me").check();
  await enterAndLogIn(first.page, person);
  await first.page.waitForURL("**/dashboard");
  await first.close();

  // Both by requests with the browser's own cookies: half a minute later the new secret would be on the disk.
  const second = await OwnBrowser.start(profile);
  const before = await cookie(second.page.context(), SESSION);
  const form = { password: person.password, next: "/dashboard" };
  const headers = { accept: "text/html" };
  const confirmed = await second.page.request.post(`${server.url}/actions/confirm`, { form, headers, maxRedirects: 0 });
  expect(confirmed.headers().location).toBe("/dashboard");
  expect((await second.page.request.get(`${server.url}/dashboard`, { headers })).status()).toBe(200);
  expect(await cookie(second.page.context(), SESSION), "a new secret, which is in use").not.toBe(before);
  await second.kill();

  const passed = await sql`update sessions set rotated_at = rotated_at - ${GRACE_OVER_MS}, secret_used_at = secret_used_at - ${GRACE_OVER_MS}
    where rotated_at is not null and user_id = (select id from users where email = ${person.email})`;
  expect(passed.count).toBe(1);
  const third = await OwnBrowser.start(profile);
  expect(await cookie(third.page.context(), SESSION), "the new secret was not on the disk").toBe(before);
  await third.page.goto(`${server.url}/dashboard`);
  await expect(third.page).toHaveURL(`${server.url}/login?next=%2Fdashboard`);
  await expect(third.page.getByRole("main")).toContainText("this browser never stored the renewal");
  await enterAndLogIn(third.page, person);
  await third.page.waitForURL("**/dashboard");
  await expect(third.page.getByRole("main")).not.toContainText("Someone may have copied");
  await open(third.page, `${server.url}/account/activity`);
  await expect(third.page.getByRole("main")).not.toContainText("Someone may have copied");
  await third.close();
  await rm(profile, { recursive: true, force: true });
});

/** Playwright ends its browsers in order and keeps no profile: this one is started by hand. */
class OwnBrowser {
  private static readonly running = new Set<OwnBrowser>();

  /** Those that a test which failed has left behind. */
  static async killAll(): Promise<void> {
    for (const browser of OwnBrowser.running) await browser.kill();
  }

  private constructor(
    private readonly process: ChildProcess,
    private readonly browser: Browser,
    readonly page: Page,
  ) {
    OwnBrowser.running.add(this);
    process.once("exit", () => OwnBrowser.running.delete(this));
  }

  static async start(profile: string): Promise<OwnBrowser> {
    const args = [...CHROMIUM_ARGS, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${profile}`];
    // Secrets of the desktop are none of its business. Its processes are a group, to be killed together.
    const own = ["--password-store=basic", "--use-mock-keychain", "about:blank"];
    const process = spawn(chromiumPath() ?? chromium.executablePath(), [...args, ...own], { detached: true, stdio: ["ignore", "ignore", "pipe"] });
    const browser = await chromium.connectOverCDP(await addressOf(process));
    const [context] = browser.contexts();
    const page = context?.pages()[0] ?? (await context?.newPage());
    if (!page) throw new Error("the browser has no window");
    return new OwnBrowser(process, browser, page);
  }

  async close(): Promise<void> {
    const gone = once(this.process, "exit");
    // It may be gone before it has answered.
    await (await this.browser.newBrowserCDPSession()).send("Browser.close").catch(() => undefined);
    await gone;
  }

  async kill(): Promise<void> {
    const gone = once(this.process, "exit");
    process.kill(-(this.process.pid ?? 0), "SIGKILL");
    await gone;
  }
}

/** Where it takes orders; it says so when it is ready. */
function addressOf(browser: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    browser.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const [, address] = /DevTools listening on (\S+)/.exec(said) ?? [];
      if (address) resolve(address);
    });
    browser.on("exit", () => reject(new Error(`the browser does not start: ${said}`)));
  });
}
