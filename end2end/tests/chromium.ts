// The browser of the tests, and how it is started.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "@playwright/test";

export const CHROMIUM_ARGS = [
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
  // Playwright's own browser, the file fonts.conf for that of a Linux system.
  "--font-render-hinting=none",
  "--disable-lcd-text",
  "--force-color-profile=srgb",
];

/** The first has no windows; it is what Playwright brings too, and takes two thirds of the time. */
const NAMES = ["chromium-headless-shell", "chromium"];

/** Playwright's own browser where it was downloaded, otherwise that of the system. */
export function chromiumPath(): string | undefined {
  if (existsSync(chromium.executablePath())) return undefined;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}
