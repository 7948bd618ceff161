// Browser tests: `cargo xtask test --only browser` builds the server, names it in LATCHKEY_BIN and comes here.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium, defineConfig } from "@playwright/test";

/** Playwright's own browser where it was downloaded, otherwise the `chromium` of the system. */
function executablePath(): string | undefined {
  if (existsSync(chromium.executablePath())) return undefined;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, "chromium")).find((path) => existsSync(path));
}

function environment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

export default defineConfig({
  testDir: "tests",
  workers: 2,
  fullyParallel: false,
  // A test that passes the second time has still failed.
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: "list",
  snapshotPathTemplate: "{testDir}/baselines/{arg}{ext}",
  use: {
    browserName: "chromium",
    trace: "retain-on-failure",
    // What a service worker answers, page.route does not see. offline.spec.ts lets it in.
    serviceWorkers: "block",
    launchOptions: {
      executablePath: executablePath(),
      env: { ...environment(), FONTCONFIG_FILE: join(import.meta.dirname, "fonts.conf") },
      args: [
        // Chromium's sandbox does not work as root nor in most containers; only our own pages are opened.
        "--no-sandbox",
        "--disable-gpu",
        // Nothing may leave for the network by itself: the tests run on closed machines too.
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // Letters look the same whatever the machine's settings: pages are compared with pictures. The first is for
        // Playwright's own browser, the file above for that of a Linux system.
        "--font-render-hinting=none",
        "--disable-lcd-text",
        "--force-color-profile=srgb",
      ],
    },
  },
});
