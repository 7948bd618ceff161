// What the lists of administration cost with a thousand people and with a million, on both databases.

import { test } from "@playwright/test";
import { administrator, somebody } from "../tests/people.ts";
import { withDatabase } from "../tests/postgres.ts";
import { logIn, openPage, signUp, statusOf } from "../tests/programs.ts";
import { type Env, Server } from "../tests/server.ts";
import { measure } from "./figures.ts";

const FEW = 1_000;
const MANY = Number(process.env.LATCHKEY_BENCH_USERS ?? 1_000_000);
const MS = 2_000;

/** Filling a million takes minutes. */
test.setTimeout(30 * 60_000);

/** Median of each page, in milliseconds. */
type Medians = Map<string, number>;

test("lists on SQLite", async () => {
  print("SQLite", await measureAt(FEW, {}), await measureAt(MANY, {}));
});

test("lists on PostgreSQL", async () => {
  test.skip(!process.env.LATCHKEY_TEST_POSTGRES_URL, "LATCHKEY_TEST_POSTGRES_URL names no PostgreSQL");
  const on = async (users: number) => {
    let medians: Medians = new Map();
    await withDatabase(async (url) => {
      medians = await measureAt(users, { LATCHKEY_DATABASE_URL: url });
    });
    return medians;
  };
  print("PostgreSQL", await on(FEW), await on(MANY));
});

async function measureAt(users: number, env: Env): Promise<Medians> {
  const server = await Server.start(env);
  const rare = { ...somebody("Quirin"), name: "Quirin Xylander" };
  await signUp(server, rare);
  const admin = await administrator(server);
  const start = performance.now();
  await seed(server, users);
  console.log(`${users} people were made in ${((performance.now() - start) / 1000).toFixed(0)} s`);
  const { session } = await logIn(server, admin);
  const medians: Medians = new Map();
  for (const [name, path] of await pages(server, session)) {
    if ((await statusOf(openPage(server, path, session))) !== 200) continue;
    const call = () => statusOf(openPage(server, path, session));
    await measure(MS / 10, 1, call);
    medians.set(name, (await measure(MS, 1, call)).p50);
  }
  await server.stop();
  return medians;
}

/** With the program of `cargo xtask seed`. */
async function seed(server: Server, users: number): Promise<void> {
  const { code, stderr } = await server.cliWhatever(["--users", String(users), "--force"], "", process.env.LATCHKEY_SEEDER);
  if (code !== 0) throw new Error(`nobody was made: ${stderr}`);
}

async function pages(server: Server, session: string): Promise<[string, string][]> {
  const inside = await firstOf(server, "/admin/users?q=maria&sort=oldest", session);
  const rare = await firstOf(server, "/admin/users?q=xylander", session);
  return [
    ["everybody", "/admin/users"],
    ["a rare name", "/admin/users?q=xylander"],
    ["a full name", "/admin/users?q=maria+rossi"],
    ["a full name, by name", "/admin/users?q=maria+rossi&sort=name"],
    ["a first name, disabled", "/admin/users?q=maria&state=disabled"],
    ["a common word", "/admin/users?q=example"],
    ["a common word, by name", "/admin/users?q=example&sort=name"],
    ["administrators", "/admin/users?role=admin"],
    ["disabled", "/admin/users?state=disabled"],
    ["disabled, by name", "/admin/users?state=disabled&sort=name"],
    ["unverified", "/admin/users?state=unverified"],
    ["unverified, by email", "/admin/users?state=unverified&sort=email"],
    ["with a second factor", "/admin/users?state=second-factor"],
    ["by name", "/admin/users?sort=name"],
    ["by name, deep inside", `/admin/users?sort=name&after=${inside}`],
    ["by name, the page before", `/admin/users?sort=name&before=${inside}`],
    ["one person", `/admin/users/${rare}`],
    ["live sessions", "/admin/sessions"],
  ];
}

/** The id of the first person in a list. */
async function firstOf(server: Server, path: string, session: string): Promise<string> {
  const html = await (await openPage(server, path, session)).text();
  const id = /href="\/admin\/users\/([0-9a-f-]{36})"/.exec(html)?.[1];
  if (!id) throw new Error(`nobody at ${path}`);
  return id;
}

function print(database: string, few: Medians, many: Medians): void {
  const lines = [...many].map(([name, ms]) => {
    const before = few.get(name) ?? Number.NaN;
    const numbers = [before, ms, ms / before].map((number) => number.toFixed(2).padStart(11));
    return `${name.padEnd(32)}${numbers.join("")}`;
  });
  const head = `${"".padEnd(32)}${[String(FEW), String(MANY), "ratio"].map((text) => text.padStart(11)).join("")}`;
  console.log(["", `Lists on ${database}: median milliseconds, by number of people`, head, ...lines, ""].join("\n"));
}
