// `latchkey login`, the first application of our own: with a code that is entered elsewhere, and through a browser on the
// same computer. Real processes on both sides.

import { mkdtempSync } from "node:fs";
import { readFile, readdir, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "./fixtures.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { type Person, administrator, enterAndLogIn, findPerson, forceLogout, loggedIn, signedUp } from "./people.ts";
import type { Running, Server } from "./server.ts";

/** Where the commands keep their login. */
const CONFIG = mkdtempSync(join(tmpdir(), "latchkey-config-"));
test.use({ serverEnv: { XDG_CONFIG_HOME: CONFIG } });

test.afterEach(async ({ server }) => void (await server.cliWhatever(["logout"])));

withAndWithoutJavaScript(({ open, arrived }) => {
  test("a code from the terminal is entered in a browser", async ({ page, server, anotherBrowser, allowConsole }) => {
    allowConsole(/status of 422/);
    const person = await signedUp(page, "Bob");
    const login = server.begin(["login", server.url, "--device"]);
    const code = await printed(login, /^ {4}(\w{4}-\w{4})$/m);
    await open(page, "/device");
    await page.getByLabel("Code", { exact: true }).fill("WDJB-MJHT");
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.locator("#code-error")).toHaveText("That code is wrong or has expired. Check it, or start again on your device.");
    await page.getByLabel("Code", { exact: true }).fill(code.toLowerCase().replace("-", " "));
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Allow Latchkey command line access to your account?");
    await arrived(page, `/device?user_code=${code}`);
    await expect(page.getByText(`and it shows the code ${code}. It asked just now, from Latchkey on`)).toBeVisible();
    await page.getByRole("button", { name: "Allow access" }).click();
    await expect(page.getByText("You can close this page")).toBeVisible();
    expect((await login.ended).stdout).toBe(`You're logged in on ${server.url} as ${person.name} (${person.email}).\n`);
    await expectKept(server, person);

    await open(page, "/account/devices");
    await expect(page.getByRole("region", { name: "Applications with access" })).toContainText("Latchkey command line");
    const admin = await (await anotherBrowser({ javaScriptEnabled: true })).newPage();
    await loggedIn(admin, await administrator(server));
    await findPerson(admin, person);
    await forceLogout(admin, "a test");
    await expect(admin.getByText("1 connected application lost access")).toBeVisible();
    const { stderr } = await server.cli(["whoami"], { code: 1 });
    expect(stderr).toBe(`latchkey: the server has ended this login; log in again with \`latchkey login ${server.url}\`\n`);
    expect((await server.cli(["whoami"], { code: 1 })).stderr).toContain("you're not logged in");
  });

  test("a user who refuses isn't logged in", async ({ page, server }) => {
    await signedUp(page, "Bob");
    const login = server.begin(["login", server.url, "--device"]);
    const address = await printed(login, /^Or open (\S+)$/m);
    await open(page, address);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByText("has no access to your account")).toBeVisible();
    expect(await login.ended).toMatchObject({ code: 1, stderr: expect.stringContaining("you refused, so you're not logged in") });
  });

  test("a browser on the same computer comes back to the terminal", async ({ page, server, allowOrigin }) => {
    const person = await signedUp(page, "Bob");
    await page.context().clearCookies();
    const login = server.begin(["login", server.url, "--no-browser"]);
    const address = await printed(login, /^ {4}(\S+)$/m);
    const back = new URL(new URL(address).searchParams.get("redirect_uri") ?? "");
    allowOrigin(back.origin);
    // What else comes to the port is not its answer.
    expect((await fetch(`${back.origin}/?code=x&state=x&iss=${server.url}`)).status).toBe(404);
    await page.goto(address);
    await enterAndLogIn(page, person);
    await expect(page.getByText("You'll be sent to this computer.")).toBeVisible();
    await page.getByRole("button", { name: "Allow access" }).click();
    await expect(page.getByText("Go back to the terminal. You can close this page.")).toBeVisible();
    expect((await login.ended).stdout).toContain(person.email);
    await expectKept(server, person);
    expect((await server.cli(["logout"])).stdout).toBe(`You're logged out of ${server.url}.\n`);
    expect((await server.cli(["logout"])).stdout).toBe("You're not logged in.\n");
    await open(page, `${server.url}/account/devices`);
    await expect(page.getByRole("region", { name: "Applications with access" })).toHaveCount(0);
  });
});

test("what is wrong is said in plain words", async ({ page, server }) => {
  const told = async (code: number, args: string[]) => (await server.cli(args, { code })).stderr;
  const failed = (...args: string[]) => told(1, args);
  expect(await failed("whoami")).toBe("latchkey: you're not logged in; log in with `latchkey login`\n");
  expect(await told(2, ["login", "http://login.example.com"])).toContain("must begin with https://");
  expect(await told(2, ["login", "no address"])).toContain("is no address");
  expect(await failed("login", "http://127.0.0.1:9")).toContain("can't reach http://127.0.0.1:9: ");
  expect(await failed("login", server.url.replace("localhost", "127.0.0.1"))).toMatch(/calls itself|is no Latchkey server|doesn't answer/);
  await signedUp(page, "Bob");
  expect((await server.cli(["login", "--help"])).stdout).toContain("--no-browser");
});

/** What a group of the pattern matches in what a command prints, once it does. */
async function printed({ printed, ended }: Running, pattern: RegExp): Promise<string> {
  let over = false;
  void ended.then(() => (over = true));
  await expect.poll(() => over || pattern.test(printed.stderr), { message: "what it prints" }).toBe(true);
  const [, group] = pattern.exec(printed.stderr) ?? [];
  if (group === undefined) throw new Error(`it ended: ${JSON.stringify(await ended)}`);
  return group;
}

/** The login works, is for its owner's eyes alone, and is renewed by one command at a time. */
async function expectKept(server: Server, person: Person): Promise<void> {
  const folder = join(CONFIG, "latchkey");
  for (const file of await readdir(folder)) expect((await stat(join(folder, file))).mode & 0o777, file).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  const who = JSON.parse((await server.cli(["whoami", "--json"])).stdout) as Record<string, string>;
  expect(who).toMatchObject({ name: person.name, email: person.email, server: server.url });
  expect(who.until).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const file = join(folder, "login.json");
  const before = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...before, access_until: 0 }));
  const several = await Promise.all(Array.from({ length: 4 }, () => server.cli(["whoami"])));
  for (const { stdout } of several) expect(stdout).toContain(person.email);
  const after = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  expect(after.refresh_token, "it is used once").not.toBe(before.refresh_token);
}
