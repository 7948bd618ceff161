// Pictures for README and docs: written into docs/pictures/.

import { mkdir } from "node:fs/promises";
import { expect, test } from "../tests/fixtures.ts";
import { SIGHTS, type Sight, visit } from "../tests/sights.ts";
import { STILL, hold } from "../tests/still.ts";
import { type Town, townOf } from "../tests/town.ts";
import { writeSmall } from "./png.ts";

test.use({ ...STILL, deviceScaleFactor: 1.5 });

const PICTURES = new URL("../../docs/pictures/", import.meta.url);
const ALL_BYTES_MAX = 1_200_000;

const WIDE = { width: 1120, height: 760 };
const PHONE = { width: 390, height: 780 };

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
];

/** What is done once, at the end: the town is another one afterwards. */
const RECEIPT: Sight = {
  name: "receipt",
  who: "mira",
  path: "/admin/users?q=leila",
  first: async (page) => {
    await page.getByRole("link", { name: "Leila Haddad" }).click();
    await page.waitForURL(/\/admin\/users\/[^?]+$/);
    await page.goto(`${page.url()}/log-out`);
    await expect(page.locator("html")).toHaveAttribute("data-hydrated", "true");
    await page.getByLabel("Reason").fill("Phone left in a taxi");
    await page.getByRole("main").getByRole("button", { name: "Force log-out" }).click();
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

const LAST: Picture[] = [
  { name: "lab-lanes", of: "lab-lanes", size: WIDE },
  { name: "receipt", of: "receipt", size: WIDE },
];

for (const picture of [...WANTED, ...LAST]) {
  test(picture.name, async ({ page, server, allowConsole }) => {
    allowConsole(/status of/);
    const sight = [...SIGHTS, LANES, RECEIPT].find(({ name }) => name === picture.of);
    if (!sight) throw new Error(`there is no sight ${picture.of}`);
    const { colorScheme = "light" } = picture;
    await page.setViewportSize(picture.size);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await visit(sight, page, server, town);
    await hold(page, false, sight !== LANES);
    const bytes = await writeSmall(new URL(`${picture.name}.png`, PICTURES).pathname, await page.screenshot({ animations: "disabled" }));
    console.log(`docs/pictures/${picture.name}.png  ${bytes} bytes`);
    total += bytes;
  });
}

test("all together they are small", () => expect(total).toBeLessThan(ALL_BYTES_MAX));
