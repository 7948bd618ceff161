// PNG files with a palette: a page has few colours, and such a file is a third as large.

import { deflateSync } from "node:zlib";
import { writeFile } from "node:fs/promises";
import { PNG } from "pngjs";

/** More than that a palette does not hold. */
const COLOURS_MAX = 256;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Writes the picture as small as it gets; the same picture always becomes the same bytes. */
export async function writeSmall(path: string, picture: Buffer): Promise<number> {
  const small = withPalette(picture);
  await writeFile(path, small.length < picture.length ? small : picture);
  return Math.min(small.length, picture.length);
}

/** The colours that are rare become the nearest of those that are not: nobody sees it at the edges of letters. */
function withPalette(picture: Buffer): Buffer {
  const { width, height, data } = PNG.sync.read(picture);
  const pixels = new Uint32Array(data.buffer, data.byteOffset, width * height);
  const counts = new Map<number, number>();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  // By value where two are as frequent: the order must not depend on anything else.
  const byCount = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([pixel]) => pixel);
  const palette = byCount.slice(0, COLOURS_MAX);
  const places = new Map(byCount.map((pixel, at) => [pixel, at < COLOURS_MAX ? at : nearest(pixel, palette)]));
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    // The first byte of a row says that it is not filtered, which is best for a palette.
    for (let x = 0; x < width; x += 1) rows[y * (width + 1) + 1 + x] = places.get(pixels[y * width + x] ?? 0) ?? 0;
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const parts = [chunk("IHDR", head), chunk("PLTE", Buffer.from(palette.flatMap((pixel) => channels(pixel).slice(0, 3))))];
  const alphas = palette.map((pixel) => channels(pixel)[3] ?? 255);
  if (alphas.some((alpha) => alpha < 255)) parts.push(chunk("tRNS", Buffer.from(alphas)));
  return Buffer.concat([SIGNATURE, ...parts, chunk("IDAT", deflateSync(rows, { level: 9, memLevel: 9 })), chunk("IEND", Buffer.alloc(0))]);
}

/** Red, green, blue, alpha; the pixels are read as a little-endian machine has them. */
function channels(pixel: number): number[] {
  return [pixel & 255, (pixel >>> 8) & 255, (pixel >>> 16) & 255, pixel >>> 24];
}

function nearest(pixel: number, palette: number[]): number {
  const [red = 0, green = 0, blue = 0, alpha = 0] = channels(pixel);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [at, other] of palette.entries()) {
    const [r = 0, g = 0, b = 0, a = 0] = channels(other);
    const distance = (red - r) ** 2 + (green - g) ** 2 + (blue - b) ** 2 + (alpha - a) ** 2;
    if (distance < least) [best, least] = [at, distance];
  }
  return best;
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  frame.set(body, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(data: Buffer): number {
  let value = 0xffffffff;
  for (const byte of data) value = (CRC[(value ^ byte) & 255] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
