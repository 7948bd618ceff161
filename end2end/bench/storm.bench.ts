// Pages and API calls while more people try to log in than can be hashed: each way compared with itself at rest.

import { setTimeout as sleep } from "node:timers/promises";
import { test } from "@playwright/test";
import { somebody } from "../tests/people.ts";
import { askMe, logIn, openPage, signUp, statusOf } from "../tests/programs.ts";
import { Server } from "../tests/server.ts";
import { measure, table } from "./figures.ts";

const MS = 5_000;
const STORM_LANES = 200;

/** What a production server hashes with. */
const REAL_HASHES = { LATCHKEY_ARGON2_MEMORY_KIB: "19456", LATCHKEY_ARGON2_PASSES: "2" };

test("a storm of log-ins", async () => {
  // Each try comes from a network of its own, or the throttle would take the storm away.
  const server = await Server.start({ ...REAL_HASHES, LATCHKEY_TRUSTED_PROXIES: "127.0.0.1" });
  const person = somebody("Alice");
  await signUp(server, person);
  const { session, token } = await logIn(server, person);
  const calls: [string, () => Promise<number>][] = [
    ["token: GET /api/v1/me", () => statusOf(askMe(server, token))],
    ["session: GET /dashboard, rendered", () => statusOf(openPage(server, "/dashboard", session))],
  ];
  for (const [name, call] of calls) {
    await measure(MS / 10, 1, call);
    const rest = await measure(MS, 1, call);
    const statuses = new Map<number, number>();
    const storm = { on: true };
    const lanes = Array.from({ length: STORM_LANES }, () => tryAgainAndAgain(server, storm, statuses));
    const under = await measure(MS, 1, call);
    storm.on = false;
    await Promise.all(lanes);
    console.log(table(`${name}, in milliseconds`, [["at rest", rest], ["while 200 people try to log in", under]]));
    const told = [...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${times} × ${status}`);
    console.log(`The storm was answered: ${told.join(", ")}`);
  }
  await server.stop();
});

/** As browsers and people do it: who is told to come back in two seconds does so. */
async function tryAgainAndAgain(server: Server, storm: { on: boolean }, statuses: Map<number, number>): Promise<void> {
  while (storm.on) {
    const response = await tryToLogIn(server);
    await response.arrayBuffer();
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    const wait = Number(response.headers.get("retry-after") ?? 0);
    if (wait > 0) await sleep(wait * 1000);
  }
}

let tries = 0;

function tryToLogIn(server: Server): Promise<Response> {
  tries += 1;
  const network = `10.${(tries >> 16) & 255}.${(tries >> 8) & 255}.${tries & 255}`;
  return fetch(`${server.url}/actions/log_in`, {
    method: "POST",
    headers: { accept: "application/json", "x-forwarded-for": network },
    body: new URLSearchParams({ email: `nobody-${tries}@example.com`, password: "not the right one" }),
  });
}
