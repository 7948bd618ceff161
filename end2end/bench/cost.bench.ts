// What a request costs, each way of knowing who asks compared with not asking.

import { test } from "@playwright/test";
import { somebody } from "../tests/people.ts";
import { askMe, logIn, openPage, signUp, statusOf } from "../tests/programs.ts";
import { Server } from "../tests/server.ts";
import { measure, table } from "./figures.ts";

const MS = 5_000;
const LANES = 4;

test("requests", async () => {
  const server = await Server.start({});
  const person = somebody("Alice");
  await signUp(server, person);
  const { session, token } = await logIn(server, person);
  const ways: [string, () => Promise<number>][] = [
    ["nobody: GET /healthz", () => statusOf(fetch(`${server.url}/healthz`))],
    ["nobody: GET /login, rendered", () => statusOf(openPage(server, "/login", ""))],
    ["token: GET /api/v1/me", () => statusOf(askMe(server, token))],
    ["session: GET /dashboard, rendered", () => statusOf(openPage(server, "/dashboard", session))],
  ];
  const rows: [string, Awaited<ReturnType<typeof measure>>][] = [];
  for (const [name, call] of ways) {
    await measure(MS / 10, LANES, call);
    rows.push([name, await measure(MS, LANES, call)]);
  }
  console.log(table("What a request costs, in milliseconds (the generator runs on the same cores)", rows));
  await server.stop();
});
