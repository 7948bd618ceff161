// Browser tests: `cargo xtask test --only browser` builds the server, names it in LATCHKEY_BIN and comes here.

import { join } from "node:path";
import { defineConfig } from "@playwright/test";
import { CHROMIUM_ARGS, chromiumPath } from "./tests/chromium.ts";
import { HANG_MS, TEST_HANGS_MS } from "./tests/patience.ts";

function environment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

export default defineConfig({
  testDir: "tests",
  workers: 4,
  // Each worker has a server of its own, so tests of one file may run side by side: none waits for the longest file.
  fullyParallel: true,
  timeout: TEST_HANGS_MS,
  expect: { timeout: HANG_MS },
  // A test that passes the second time has still failed.
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: "list",
  snapshotPathTemplate: "{testDir}/baselines/{arg}{ext}",
  use: {
    browserName: "chromium",
    // To look at each step of a test that fails: --trace=retain-on-failure. It takes a fifth of the time of all tests.
    trace: "off",
    // What a service worker answers, page.route does not see. offline.spec.ts lets it in.
    serviceWorkers: "block",
    launchOptions: {
      executablePath: chromiumPath(),
      env: { ...environment(), FONTCONFIG_FILE: join(import.meta.dirname, "fonts.conf") },
      args: CHROMIUM_ARGS,
    },
  },
});
