// Makes a page look the same on every machine and at every time: fonts that come along, nothing that moves, and
// fixed words in place of times, ids, ports and what else is new on each run.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import { DEVICES, OFFICE, TOWN_SETTINGS } from "./town.ts";

/** One font for each script. The first is for everything that the others are not for. */
const FONTS = [
  { file: "inter/files/inter-latin-wght-normal.woff2", letters: "U+0-58F, U+700-10FFFF" },
  { file: "rubik/files/rubik-hebrew-wght-normal.woff2", letters: "U+590-5FF" },
  { file: "rubik/files/rubik-arabic-wght-normal.woff2", letters: "U+600-6FF" },
];

export const FONT_FACE = (await Promise.all(FONTS.map(fontFace))).join("\n");

/** The same weights for all: otherwise they would be alternatives, of which one is chosen for every letter. */
async function fontFace({ file, letters }: (typeof FONTS)[number]): Promise<string> {
  const path = createRequire(import.meta.url).resolve(`@fontsource-variable/${file}`);
  const source = `data:font/woff2;base64,${await readFile(path, "base64")}`;
  return `@font-face { font-family: Still; font-weight: 100 900; src: url(${source}); unicode-range: ${letters}; }`;
}

/** For everything: what a machine says in letters too, since each has another font for that. */
const LOOK = `
  ${FONT_FACE}
  *, ::before, ::after { font-family: Still !important; }
  /* What counts down would be another number in each picture. */
  .countdown, .token-panel dd { visibility: hidden; }
`;

/** For `test.use`. */
export const STILL = {
  serverEnv: TOWN_SETTINGS,
  database: "postgres",
  bypassCSP: true,
  userAgent: DEVICES.firefox,
  extraHTTPHeaders: { "x-forwarded-for": OFFICE.address },
  locale: "en-GB",
  timezoneId: "UTC",
  deviceScaleFactor: 1,
  contextOptions: { reducedMotion: "reduce" },
} as const;

/** Words in a drawing are in a font of the machine, which no style reaches. */
const NO_DRAWINGS = `img[src$=".svg"] { visibility: hidden; }`;

/** Call it on a page that has finished loading; `compares` for a picture that others are held against. `words` is false
 * where the figures themselves are what is shown. */
export async function hold(page: Page, compares = false, words = true): Promise<void> {
  await page.addStyleTag({ content: compares ? LOOK + NO_DRAWINGS : LOOK });
  if (words) await page.evaluate(fixWords, { today: new Date().toISOString().slice(0, 10), compares });
  await page.evaluate(async () => {
    await document.fonts.ready;
    await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  });
}

/** Runs in the page. `today` becomes 20 November 2026, and the times on the page follow each other as in a day. */
function fixWords({ today, compares }: { today: string; compares: boolean }): void {
  const DAY_MS = 86_400_000;
  const [begin, shift] = [Date.UTC(2026, 10, 20, 16, 40), Date.UTC(2026, 10, 20) - Date.parse(today)];
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const gaps = [0, 4, 9, 2, 17, 6, 31, 3, 12, 25, 8, 40];
  let minutes = 0;
  let count = 0;

  /** The next time back from the evening: lists begin with what is newest. */
  const earlier = () => {
    minutes = (minutes + (gaps[count++ % gaps.length] ?? 0)) % 900;
    return new Date(begin - minutes * 60_000).toISOString();
  };
  const inTime = (text: string) => {
    const at = earlier();
    return text
      .replace(/\d{4}-\d\d-\d\d/, at.slice(0, 10))
      .replace(/\d+ [A-Z][a-z]+ \d{4}(?= at )/, "20 November 2026")
      .replace(/\d+ [A-Z][a-z]{2} \d{4}/, "20 Nov 2026")
      .replace(/\b\d\d:\d\d:\d\d\b/, at.slice(11, 19))
      .replace(/\b\d\d:\d\d\b/, at.slice(11, 16))
      .replace(/just now|a minute ago|\b\d+ (second|minute)s? ago/, minutes < 120 ? `${Math.max(2, minutes)} minutes ago` : `${Math.floor(minutes / 60)} hours ago`);
  };
  const shortDay = (all: string, day: string, month: string) => {
    const at = new Date(Date.UTC(Number(today.slice(0, 4)), months.indexOf(month), Number(day)) + shift);
    return Math.abs(at.getTime() - begin) < 40 * DAY_MS ? `${at.getUTCDate()} ${months[at.getUTCMonth()]}` : all;
  };
  const elsewhere = (text: string) =>
    text
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, "2026-11-20 16:40")
      .replace(/\d+ [A-Z][a-z]+ \d{4} at \d\d:\d\d/g, "20 November 2026 at 16:40")
      .replace(/(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d+ [A-Z][a-z]+ \d{4}/g, "Friday, 20 November 2026")
      .replace(/\b(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b/g, shortDay)
      .replace(/localhost:\d+/g, "localhost:3000")
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "019aa1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b")
      .replace(/\b\d+ \/ [\d.]+ ms\b|\b[\d.]+ ms\b/g, (all) => (all.includes("/") ? "3 / 9 ms" : "4 ms"))
      .replace(/[\w-]{43}|[\w-]{8}(?=…)/g, (all) => "Zk3dTq8vLw1RxN5yBs7PcMhJ2fGaUeQo6iKtXbVnDzE".slice(0, all.length))
      // The number of a request.
      .replace(/\b[0-9a-f]{16}\b/g, "0123456789abcdef")
      .replace(/\b\d+ waiting/g, "0 waiting")
      .replace(/\b\d+ sent in/g, "9 sent in")
      .replace(/\b\d+ (second|minute)s?\b( ago)?/g, (all, unit: string) => (unit === "second" ? all.replace(/\d+ seconds?/, "4 seconds") : all))
      // The fonts have Western, Hebrew and Arabic letters: others would come from the machine.
      .replace(compares ? /[^\u0000-\u00ff\u0590-\u06ff\u0152\u0153\u2000-\u206f\u20ac\u2122\u2191\u2193\u2212]/g : /$^/, "*");

  // The page keeps the words of its times current by itself.
  for (const time of document.querySelectorAll("time[data-at]")) time.removeAttribute("data-at");
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!parent || parent.closest("script, style, textarea, template")) continue;
    const before = node.nodeValue ?? "";
    const after = parent.closest("time") ? inTime(before) : elsewhere(before);
    if (after !== before) node.nodeValue = after;
  }
}
