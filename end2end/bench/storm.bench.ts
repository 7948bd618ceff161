// Pages and API calls while more people try to log in than can be hashed: each way compared with itself at rest.

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
    const lanes = Array.from({ length: STORM_LANES }, async () => {
      while (storm.on) {
        const status = await tryToLogIn(server);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    const under = await measure(MS, 1, call);
    storm.on = false;
    await Promise.all(lanes);
    console.log(table(`${name}, in milliseconds`, [["at rest", rest], ["while 200 people try to log in", under]]));
    const told = [...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${times} × ${status}`);
    console.log(`The storm was answered: ${told.join(", ")}`);
  }
  await server.stop();
});

let tries = 0;

function tryToLogIn(server: Server): Promise<number> {
  tries += 1;
  const network = `10.${(tries >> 16) & 255}.${(tries >> 8) & 255}.${tries & 255}`;
  return statusOf(
    fetch(`${server.url}/actions/log_in`, {
      method: "POST",
      headers: { accept: "application/json", "x-forwarded-for": network },
      body: new URLSearchParams({ email: `nobody-${tries}@example.com`, password: "not the right one" }),
    }),
  );
}
