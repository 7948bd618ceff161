// Mails, as they arrive at a real mail server that is well, down, slow or rude.

import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "./fixtures.ts";
import { SENDER } from "./mailbox.ts";
import { somebody } from "./people.ts";
import { signUp } from "./programs.ts";
import { Server } from "./server.ts";

// More people sign up here than one network may in a row.
test.use({ withMailbox: true, serverEnv: { LATCHKEY_TRIES_PER_NETWORK: "1000" } });

const CONFIRM = /^Confirm your email address$/;

/** A mail server that hangs is given up after twenty seconds: whoever waits for it waits longer than this. */
const GIVEN_UP_MS = 15_000;

test("who signs up gets a mail with a link of this server, in text and in HTML", async ({ server, mailbox }) => {
  const person = somebody("Maya");
  await signUp(server, person);
  const mail = await mailbox.next(person.email, CONFIRM);
  expect(mail.link).toMatch(new RegExp(`^${server.url}/verify\\?token=[\\w-]{43}$`));
  expect(mail.html).toContain(`href="${mail.link}"`);
  for (const part of [mail.text, mail.html]) {
    expect(part).toContain("once, within 24 hours");
    expect(part).toContain("If you didn't sign up");
    expect(part).not.toContain(person.name);
  }
  expect(mail.headers.from?.replaceAll('"', "")).toBe(SENDER);
  expect(mail.headers).toMatchObject({ to: person.email, "auto-submitted": "auto-generated" });
  expect(mail.headers["message-id"]).toMatch(/^<[\w-]+@localhost>$/);
  expect(Math.abs(Date.parse(mail.headers.date ?? "") - Date.now())).toBeLessThan(60_000);
  expect(server.log()).not.toContain(mail.link);
  expect(server.log()).not.toContain(person.email);
});

test("a mail waits for a mail server that is down, and comes when it is up", async ({ server, mailbox }) => {
  await mailbox.stop();
  const person = somebody("Nora");
  await signUp(server, person);
  await expect.poll(() => server.log()).toContain("trying again later");
  await mailbox.start();
  expect((await mailbox.next(person.email)).subject).toMatch(CONFIRM);
  expect(mailbox.waiting(person.email), "it comes once").toEqual([]);
});

test("a mail that is refused for now comes later, one that is refused for good does not", async ({
  server,
  mailbox,
}) => {
  mailbox.set("refuses for good");
  const unwanted = somebody("Olga");
  const before = mailbox.tries();
  await signUp(server, unwanted);
  await mailbox.triedTimes(before + 1);
  await expect.poll(() => server.log()).toContain("giving up");

  mailbox.set("refuses for now");
  const patient = somebody("Otto");
  await signUp(server, patient);
  await mailbox.triedTimes(before + 2);
  mailbox.set("takes");
  await mailbox.next(patient.email, CONFIRM);
  expect(mailbox.waiting(unwanted.email)).toEqual([]);

  const listed = await server.cli(["mail", "list", "--failed"]);
  expect(listed.stderr).toBe("");
  expect(listed.stdout).toContain("o…@example.com");
  expect(listed.stdout).not.toContain(unwanted.email);
  await server.cli(["mail", "retry"]);
  await mailbox.next(unwanted.email, CONFIRM);
});

test("while the mail server hangs, nobody waits", async ({ freshServer, mailbox }) => {
  mailbox.set("hangs");
  const before = mailbox.tries();
  const times: number[] = [];
  while (times.length < 15) {
    const start = performance.now();
    await signUp(freshServer, somebody("Paul"));
    times.push(performance.now() - start);
  }
  await mailbox.triedTimes(before + 4);
  // Who waits for a server that hangs waits until it is given up: most of them did not.
  expect(median(times), `${times.map((ms) => ms.toFixed(0)).join(", ")} ms`).toBeLessThan(GIVEN_UP_MS);
  expect(mailbox.mostAtOnce(), "a few at a time").toBe(4);
  // Who hangs is let go.
  await mailbox.stop();
});

test("a server that is killed before a mail got through has lost none", async ({ serverEnv, mailbox, allowOrigin }) => {
  const server = await Server.start({ ...mailbox.env(), ...serverEnv });
  allowOrigin(server.url);
  mailbox.set("refuses for now");
  const before = mailbox.tries();
  const person = somebody("Rosa");
  await signUp(server, person);
  await mailbox.triedTimes(before + 1);
  await expect.poll(() => server.log()).toContain("trying again later");
  await server.crash();
  mailbox.set("takes");
  const next = await Server.startAgain(server);
  await mailbox.next(person.email, CONFIRM);
  expect(await next.stop()).toBe(0);
});

test("without a mail server, in development, mails are files and the log shows the link", async () => {
  const server = await Server.start({});
  const person = somebody("Sara");
  await signUp(server, person);
  await expect.poll(() => server.log()).toContain("/verify?token=");
  const link = /http:\S+\/verify\?token=[\w-]+/.exec(server.log())?.[0] ?? "";
  const folder = join(server.dataDir, "mail");
  const files = await readdir(folder);
  expect(files).toHaveLength(1);
  expect(files[0]).toMatch(/^\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z-[\w-]+\.eml$/);
  const path = join(folder, files[0] ?? "");
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const text = (await readFile(path, "utf8")).replaceAll("=\r\n", "").replaceAll("=3D", "=");
  expect(text).toContain(link);
  expect(await server.stop()).toBe(0);
});

test("the test mail says what happened", async ({ server, mailbox }) => {
  const { email } = somebody("Tina");
  await server.cli(["mail", "test", "--to", email]);
  expect((await mailbox.next(email)).subject).toBe("Test email");
  mailbox.set("refuses for good");
  const refused = await server.cli(["mail", "test", "--to", email], { code: 1 });
  expect(refused.stdout).toBe("");
  expect(refused.stderr).toContain("550");
  await mailbox.stop();
  const down = await server.cli(["mail", "test", "--to", email], { code: 1 });
  expect(down.stdout).toBe("");
  expect(down.stderr).toContain("LATCHKEY_SMTP_URL");
});

function median(times: number[]): number {
  return times.toSorted((one, two) => one - two)[Math.floor(times.length / 2)] ?? 0;
}
