// Measurements: `cargo xtask bench` builds the server for production, names it in LATCHKEY_BIN (and what fills databases in
// LATCHKEY_SEEDER) and comes here.

import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "bench",
  testMatch: "*.bench.ts",
  // One at a time: each wants the machine for itself.
  workers: 1,
  timeout: 300_000,
  reporter: "list",
});
