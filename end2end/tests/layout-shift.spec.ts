// Nothing jumps while a page loads, on a slow line: neither when the style arrives nor when the page begins to react.

import type { Page, Request } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { open } from "./people.ts";
import { SIGHTS, become } from "./sights.ts";
import { STILL } from "./still.ts";
import { type Town, townOf } from "./town.ts";

const MAIN = ["home", "login", "dashboard", "notes", "devices", "activity", "admin", "users"];

// Not the server of the pictures, which show what nobody has looked at before.
const serverEnv = { ...STILL.serverEnv, LATCHKEY_INSTANCE: "latchkey-2" };

test.use({ database: "postgres", serverEnv, userAgent: STILL.userAgent, extraHTTPHeaders: STILL.extraHTTPHeaders });

/** Every file arrives long after the one before. (The package of the tests is many times that of production.) */
const SLOW = { offline: false, latency: 250, downloadThroughput: 1_500_000, uploadThroughput: 100_000 };

let town: Town;

test.beforeAll(async ({ server, databaseUrl }) => {
  town = await townOf(server, databaseUrl);
});

for (const [what, size] of [
  ["a wide window", { width: 1280, height: 800 }],
  ["a phone", { width: 390, height: 780 }],
] as const) {
  for (const { name, who, path } of SIGHTS.filter(({ name }) => MAIN.includes(name))) {
    test(`nothing shifts while ${name} loads, in ${what}`, async ({ page, server, allowConsole }) => {
      allowConsole(/40[34]/);
      await page.setViewportSize(size);
      const line = await page.context().newCDPSession(page);
      await line.send("Network.enable");
      await line.send("Network.emulateNetworkConditions", SLOW);
      await page.addInitScript(observe);
      await become(who, page.context(), server, town);
      const unanswered = follow(page);
      const stream = who === "visitor" ? undefined : page.waitForResponse("**/session/events*");
      await open(page, path);
      // What comes after the page: an answer of the API, a first event of the stream.
      await stream;
      await expect.poll(() => [...unanswered].map((request) => request.url())).toEqual([]);
      await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
      expect(await shifts(page)).toEqual([]);
    });
  }
}

/** The requests that are under way, but for the stream, which is never answered to the end. */
function follow(page: Page): Set<Request> {
  const unanswered = new Set<Request>();
  page.on("request", (request) => void (request.resourceType() !== "eventsource" && unanswered.add(request)));
  for (const over of ["requestfinished", "requestfailed"] as const) page.on(over as "requestfinished", (request) => void unanswered.delete(request));
  return unanswered;
}

/** Runs before anything of the page does. */
function observe(): void {
  type Shift = PerformanceEntry & { value: number; sources: { node: Node | null }[] };
  const shifts: string[] = [];
  Object.assign(globalThis, { shifts });
  const name = (node: Node | null) => {
    const element = node instanceof Element ? node : node?.parentElement;
    return element ? `${element.localName}.${element.className}` : "something that is gone";
  };
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries() as Shift[]) {
      shifts.push(`${value.toFixed(4)} by ${sources.map(({ node }) => name(node)).join(", ")}`);
    }
  }).observe({ type: "layout-shift", buffered: true });
}

async function shifts(page: Page): Promise<string[]> {
  return page.evaluate(() => (globalThis as unknown as { shifts: string[] }).shifts);
}
