// Pictures and icons: `cargo xtask screenshots` builds the server, names it in LATCHKEY_BIN and comes here.

import { defineConfig } from "@playwright/test";
import tests from "./playwright.config.ts";

export default defineConfig({
  ...tests,
  testDir: "screenshots",
  testMatch: "*.shots.ts",
  workers: 1,
});
