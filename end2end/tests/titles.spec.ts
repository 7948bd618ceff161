// Titles that tell tabs apart, and what a link to the site shows elsewhere.

import { expect, test } from "./fixtures.ts";
import { EVERY_PAGE, actAs } from "./pages.ts";
import { open } from "./people.ts";

test("two different pages never share a title", async ({ context, server }) => {
  const kinds = new Map<string, Set<string>>();
  for (const visit of EVERY_PAGE) {
    const page = await context.request.get(server.url + (await actAs(visit, context, server)));
    // A refusal says what it is, whatever was asked for.
    if (!page.ok()) continue;
    const [, title = ""] = /<title>([^<]+)<\/title>/.exec(await page.text()) ?? [];
    kinds.set(title, (kinds.get(title) ?? new Set()).add(kind(page.url())));
  }
  const shared = [...kinds].filter(([, pages]) => pages.size > 1).map(([title, pages]) => `${title}: ${[...pages].join(", ")}`);
  expect(shared).toEqual([]);
  expect(kinds.size, "the walk was one").toBeGreaterThan(25);
});

/** Somebody's page is the same kind as everybody else's. */
function kind(url: string): string {
  return new URL(url).pathname.replace(/(\/admin\/(?:users|keys))\/[^/]+/, "$1/ID");
}

test("a shared link shows a card, and a phone finds its icons", async ({ page, server }) => {
  await open(page, "/");
  const content = (property: string) => page.locator(`meta[property="${property}"]`).getAttribute("content");
  expect(await content("og:title")).toMatch(/^Latchkey/);
  const card = (await content("og:image")) ?? "";
  expect(card, "other sites want a whole address").toBe(`${server.url}/card.png`);
  const manifest = await page.request.get("/manifest.webmanifest");
  expect(manifest.headers()["content-type"]).toBe("application/manifest+json; charset=utf-8");
  const { icons } = (await manifest.json()) as { icons: { src: string; sizes: string }[] };
  expect(icons.some(({ sizes }) => sizes === "512x512")).toBe(true);
  for (const path of [card, "/favicon.ico", "/apple-touch-icon.png", ...icons.map(({ src }) => src)]) {
    const picture = await page.request.get(path);
    expect(picture.status(), path).toBe(200);
    expect((await picture.body()).length, path).toBeLessThan(40_000);
  }
});
