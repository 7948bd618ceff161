// The same tests with JavaScript and without: a form is a form.

import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { hydrated } from "./people.ts";

/** What waits for the script, where there is one. */
export type Way = {
  scripted: boolean;
  open: (page: Page, path: string) => Promise<void>;
  /** `path` may be a pattern for path and query. */
  arrived: (page: Page, path: string | RegExp) => Promise<void>;
};

/** The browser's own word: a refused form is answered by a page with the error's status. */
export const WITHOUT_JAVASCRIPT = /status of 4\d\d .*\/actions\//;

export function withAndWithoutJavaScript(tests: (way: Way) => void): void {
  for (const scripted of [true, false]) {
    test.describe(scripted ? "with JavaScript" : "without JavaScript", () => {
      test.use({ javaScriptEnabled: scripted });
      test.beforeEach(({ allowConsole }) => {
        if (!scripted) allowConsole(WITHOUT_JAVASCRIPT);
      });
      tests(way(scripted));
    });
  }
}

function way(scripted: boolean): Way {
  const ready = async (page: Page) => {
    if (scripted) await hydrated(page);
  };
  return {
    scripted,
    async open(page, path) {
      await page.goto(path);
      await ready(page);
    },
    async arrived(page, path) {
      await expect(page).toHaveURL(({ pathname, search }) => fits(pathname + search, path));
      await page.waitForLoadState();
      await ready(page);
    },
  };
}

function fits(address: string, path: string | RegExp): boolean {
  return typeof path === "string" ? address === path : path.test(address);
}
