// Words that the product does not use, as src/tests/words.txt lists them: here on pages as they are rendered.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";

const LIST = fileURLToPath(new URL("../../src/tests/words.txt", import.meta.url));

const RULES = readFileSync(LIST, "utf8")
  .split("\n")
  .filter((line) => line && !line.startsWith("#"))
  .map((line) => line.replace(/^\w+\s+/, "").split(/\s{2,}/)[0]!.toLowerCase());

/** Which of them stand on the page: in its text, its title, and in what is read aloud. */
export async function forbiddenWords(page: Page): Promise<string[]> {
  const text = await page.evaluate(() => {
    const spoken = [...document.querySelectorAll("[aria-label], [placeholder], [alt], [title]")].flatMap((element) =>
      ["aria-label", "placeholder", "alt", "title"].map((name) => element.getAttribute(name) ?? ""),
    );
    return [document.title, document.body.innerText, ...spoken].join("\n").toLowerCase().replace(/\s+/g, " ");
  });
  return RULES.filter((words) => pattern(words).test(text));
}

/** Not as a part of a longer word. */
function pattern(words: string): RegExp {
  const escaped = words.replace(/[()]/g, "\\$&");
  return /^\w/.test(words) ? new RegExp(`(?<![\\p{L}\\p{N}_-])${escaped}(?![\\p{L}\\p{N}_-])`, "u") : new RegExp(escaped, "u");
}
