// What axe finds in a page as it is now, wide and narrow, in light and dark.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import type { AxeResults } from "axe-core";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const WIDTHS = [1280, 390];
/** A window of 1280 px at 200 % zoom with large type, and one at 400 % (WCAG 1.4.4, 1.4.10); a phone of 360 px whose owner
 * reads letters twice as large, which is half as many of ours. */
const LARGE = [
  { width: 640, fontSize: "200%" },
  { width: 320, fontSize: "" },
  { width: 180, fontSize: "" },
];
const SCHEMES = ["light", "dark"] as const;

/** Everything that is wrong in this state of the page: one line each, short enough to read in a report. */
export async function findings(page: Page, what: string): Promise<string[]> {
  const found: string[] = [];
  await page.evaluate(AXE);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    const needed = await page.evaluate(() => document.documentElement.scrollWidth);
    if (needed > width) found.push(`${what}, ${width} px: needs ${needed} px`);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
      // Light or dark changes colours only, so the second round looks at nothing else.
      const rules = colorScheme === "light" ? undefined : ["color-contrast"];
      const where = `${what}, ${width} px, ${colorScheme}`;
      found.push(...(await violations(page, rules)).map((violation) => `${where}: ${violation}`));
    }
  }
  for (const { width, fontSize } of LARGE) {
    await page.setViewportSize({ width, height: 800 });
    found.push(...(await tooNarrow(page, fontSize)).map((problem) => `${what}, ${width} px, type ${fontSize || "as ever"}: ${problem}`));
  }
  return found;
}

/** Whether the page needs scrolling to the side, which buttons cannot hold their words, and which badges leave their card. */
async function tooNarrow(page: Page, fontSize: string): Promise<string[]> {
  return page.evaluate((fontSize) => {
    const root = document.documentElement;
    root.style.fontSize = fontSize;
    const problems = root.scrollWidth > root.clientWidth ? [`needs ${root.scrollWidth} px, because of ${widest()}`] : [];
    for (const button of document.querySelectorAll<HTMLElement>("button, .button")) {
      const [wide, high] = [button.scrollWidth - button.clientWidth, button.scrollHeight - button.clientHeight];
      if (button.checkVisibility() && (wide > 1 || high > 1)) problems.push(`“${button.innerText}” does not fit into its button`);
    }
    for (const badge of document.querySelectorAll(".cards .badge")) {
      const card = badge.closest("tr");
      const out = card ? badge.getBoundingClientRect().right - card.getBoundingClientRect().right : 0;
      if (out > 1) problems.push(`“${badge.textContent}” sticks out of its card`);
    }
    root.style.fontSize = "";
    return problems;

    function widest(): string {
      const ends = [...document.body.querySelectorAll("*")].map((element) => ({ element, end: element.getBoundingClientRect().right }));
      const { element } = ends.reduce((far, next) => (next.end > far.end ? next : far));
      return `${element.localName}.${element.getAttribute("class") ?? ""}`;
    }
  }, fontSize);
}

/** "rule: selector". All rules, or only these. */
async function violations(page: Page, rules?: string[]): Promise<string[]> {
  const results = await page.evaluate((runOnly) => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } };
    return axe.run(runOnly ? { runOnly, resultTypes: ["violations"] } : { resultTypes: ["violations"] });
  }, rules);
  return results.violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}
