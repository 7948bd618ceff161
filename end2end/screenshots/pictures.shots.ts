// Pictures for README and docs: written into docs/pictures/.

import { mkdir } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expect, test } from "../tests/fixtures.ts";
import { hydrated, loggedOutDialog } from "../tests/people.ts";
import { SIGHTS, type Sight, visit } from "../tests/sights.ts";
import { STILL, hold } from "../tests/still.ts";
import { type Town, townOf } from "../tests/town.ts";
import { writeSmall } from "./png.ts";

test.use({ ...STILL, deviceScaleFactor: 1.5 });

const PICTURES = new URL("../../docs/pictures/", import.meta.url);
const ALL_BYTES_MAX = 1_200_000;

const WIDE = { width: 1120, height: 760 };
const PHONE = { width: 390, height: 780 };
/** Two side by side, with a line between them. */
const HALF = { width: 640, height: 720 };
const GAP = 8;

type Picture = { name: string; of: string; size: { width: number; height: number }; colorScheme?: "light" | "dark" };

/** What is shown, in the order of the README. */
const WANTED: Picture[] = [
  { name: "home", of: "home", size: WIDE },
  { name: "dashboard", of: "dashboard", size: WIDE },
  { name: "notes", of: "notes", size: WIDE },
  { name: "notes-dark", of: "notes", size: WIDE, colorScheme: "dark" },
  { name: "devices", of: "devices", size: WIDE },
  { name: "admin", of: "admin", size: WIDE },
  { name: "admin-dark", of: "admin", size: WIDE, colorScheme: "dark" },
  { name: "audit", of: "audit", size: { width: 1120, height: 1100 } },
  { name: "home-phone", of: "home", size: PHONE },
  { name: "activity-phone", of: "activity", size: PHONE, colorScheme: "dark" },
  { name: "lab-lanes", of: "lab-lanes", size: WIDE },
];

/** What is done once, at the end: the town is another one afterwards. */
const RECEIPT: Sight = {
  name: "receipt",
  who: "mira",
  path: "/admin/users?q=jonas",
  first: async (page) => {
    await page.getByRole("link", { name: "Jonas Weber" }).click();
    await page.waitForURL(/\/admin\/users\/[^?]+$/);
    await page.goto(`${page.url()}/log-out`);
    await hydrated(page);
    await page.getByLabel("Reason").fill("Laptop left in a taxi");
    await page.getByRole("main").getByRole("button", { name: "Force logout" }).click();
    await expect(page.getByRole("main").getByRole("status")).toContainText("ended");
  },
};

/** What revocation does, a moment after it was done. */
const LANES: Sight = {
  name: "lab-lanes",
  who: "visitor",
  path: "/lab",
  first: async (page) => {
    const press = (name: string) => page.getByRole("main").getByRole("button", { name }).first().click();
    await press("Start demo session");
    await page.locator("summary", { hasText: "What revocation does" }).click();
    await press("Run the experiment");
    await expect(page.locator("#revocation")).toContainText("All three are accepted");
    await press("Log out now");
    await expect(page.locator("#revocation")).toContainText("The plain JWT is still accepted", { timeout: 10_000 });
    await page.locator("#revocation").evaluate((section) => section.scrollIntoView());
  },
};

let town: Town;
let total = 0;

test.beforeAll(async ({ server, databaseUrl }) => {
  await mkdir(PICTURES, { recursive: true });
  town = await townOf(server, databaseUrl);
});

for (const picture of WANTED) {
  test(picture.name, async ({ page, server, allowConsole }) => {
    allowConsole(/status of/);
    const sight = [...SIGHTS, LANES].find(({ name }) => name === picture.of);
    if (!sight) throw new Error(`there is no sight ${picture.of}`);
    const { colorScheme = "light" } = picture;
    await page.setViewportSize(picture.size);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await visit(sight, page, server, town);
    await hold(page, false, sight !== LANES);
    await write(picture.name, page);
  });
}

test("force_logout", async ({ page, server, anotherBrowser, allowConsole }) => {
  allowConsole(/status of/);
  const options = { ...STILL, ...STILL.contextOptions, baseURL: server.url, deviceScaleFactor: 1.5 };
  const [victim, frame] = [await (await anotherBrowser(options)).newPage(), await (await anotherBrowser(options)).newPage()];
  for (const one of [page, victim]) await one.setViewportSize(HALF);
  const notes = SIGHTS.find(({ name }) => name === "notes");
  if (!notes) throw new Error("there is no sight notes");
  await visit(notes, victim, server, town);
  await visit(RECEIPT, page, server, town);
  await expect(loggedOutDialog(victim)).toBeVisible();
  const sides = [];
  for (const one of [page, victim]) {
    await hold(one);
    const picture = await one.screenshot({ animations: "disabled" });
    sides.push(`<img width="${HALF.width}" src="data:image/png;base64,${picture.toString("base64")}">`);
  }
  await frame.setViewportSize({ width: 2 * HALF.width + GAP, height: HALF.height });
  await frame.setContent(`<body style="display: flex; gap: ${GAP}px; margin: 0; background: #75857d">${sides.join("")}</body>`);
  await write("force_logout", frame);
});

async function write(name: string, page: Page): Promise<void> {
  const bytes = await writeSmall(new URL(`${name}.png`, PICTURES).pathname, await page.screenshot({ animations: "disabled" }));
  console.log(`docs/pictures/${name}.png  ${bytes} bytes`);
  total += bytes;
}

test("all together they are small", () => expect(total).toBeLessThan(ALL_BYTES_MAX));
