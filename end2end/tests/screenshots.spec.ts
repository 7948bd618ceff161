// What pages look like, compared with what they looked like: at three widths, in light and dark.

import { expect, test } from "./fixtures.ts";
import { REFUSALS } from "./pages.ts";
import { SIGHTS, visit } from "./sights.ts";
import { STILL, hold } from "./still.ts";
import { type Town, townOf } from "./town.ts";

test.use(STILL);

const VIEWS = [
  { view: "390", width: 390, height: 780, colorScheme: "light" },
  { view: "768", width: 768, height: 900, colorScheme: "light" },
  { view: "1280", width: 1280, height: 800, colorScheme: "light" },
  { view: "dark", width: 1280, height: 800, colorScheme: "dark" },
] as const;

/** Edges of letters may differ a little between builds of one Chromium; a line that moves by a pixel is far more. */
const TOLERANCE = { threshold: 0.2, maxDiffPixelRatio: 0.001 };

const RENEW =
  "The page looks different. Open the report's three pictures: if this is how it should be, `cargo xtask screenshots --only baselines` makes it so";

let town: Town;

test.beforeAll(async ({ server, databaseUrl }) => {
  town = await townOf(server, databaseUrl);
});

for (const sight of SIGHTS) {
  test(`${sight.name} looks as it did`, async ({ page, server, allowConsole }) => {
    allowConsole(REFUSALS);
    allowConsole(/status of 422/);
    await page.setViewportSize({ width: 1280, height: 800 });
    await visit(sight, page, server, town);
    await hold(page, true);
    for (const { view, width, height, colorScheme } of VIEWS) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await expect.soft(page, RENEW).toHaveScreenshot(`${sight.name}-${view}.png`, { ...TOLERANCE, caret: "hide" });
    }
  });
}
