// The icons and the card that a shared link shows, from our own drawings: written into public/.

import { readFile, writeFile } from "node:fs/promises";
import { expect, type Page, test } from "@playwright/test";
import { FONT_FACE } from "../tests/still.ts";
import { writeSmall } from "./png.ts";

const PUBLIC = new URL("../../public/", import.meta.url);
const BYTES_MAX = 40_000;

/** A part of the icon may be cut away by whoever shows it: the key stays in the middle, the ground reaches the edge. */
const MASKABLE = { size: 512, inner: 0.72, ground: "#14594a" };

test("icons", async ({ page }) => {
  const icon = await readFile(new URL("favicon.svg", PUBLIC), "utf8");
  for (const [name, size] of [["icon-192", 192], ["icon-512", 512]] as const) {
    await write(page, name, size, size, sized(icon, size), true);
  }
  await writeFile(new URL("favicon.ico", PUBLIC), asIco(await drawn(page, 32, 32, sized(icon, 32), true), 32));
  // iOS puts its own corners and no transparency.
  await write(page, "apple-touch-icon", 180, 180, `<div style="background:${MASKABLE.ground}">${sized(icon, 180)}</div>`, false);
  const margin = (MASKABLE.size * (1 - MASKABLE.inner)) / 2;
  const key = `<div style="background:${MASKABLE.ground};padding:${margin}px">${sized(icon, MASKABLE.size * MASKABLE.inner)}</div>`;
  await write(page, "icon-maskable-512", MASKABLE.size, MASKABLE.size, key, false);
});

test("the card", async ({ page }) => {
  const drawing = await readFile(new URL("card.svg", import.meta.url), "utf8");
  await write(page, "card", 1200, 630, `<style>${FONT_FACE} text { font-family: Still }</style>${drawing}`, false);
});

function sized(svg: string, size: number): string {
  return svg.replace("<svg ", `<svg width="${size}" height="${size}" style="display:block" `);
}

async function write(page: Page, name: string, width: number, height: number, html: string, omitBackground: boolean): Promise<void> {
  const picture = await drawn(page, width, height, html, omitBackground);
  const bytes = await writeSmall(new URL(`${name}.png`, PUBLIC).pathname, picture);
  console.log(`public/${name}.png  ${bytes} bytes`);
  expect(bytes, name).toBeLessThan(BYTES_MAX);
}

async function drawn(page: Page, width: number, height: number, html: string, omitBackground: boolean): Promise<Buffer> {
  await page.setViewportSize({ width, height });
  await page.setContent(`<style>body { margin: 0 }</style>${html}`);
  await page.evaluate(() => document.fonts.ready);
  return page.screenshot({ omitBackground });
}

/** What asks for `/favicon.ico` without reading a page: one square picture, as PNG. */
function asIco(png: Buffer, size: number): Buffer {
  const head = Buffer.alloc(22);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(1, 4);
  head.set([size, size], 6);
  head.writeUInt16LE(1, 10);
  head.writeUInt16LE(32, 12);
  head.writeUInt32LE(png.length, 14);
  head.writeUInt32LE(head.length, 18);
  return Buffer.concat([head, png]);
}
