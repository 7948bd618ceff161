// The baselines of the comparison, written small. They are compared within a tolerance that this stays below.

import { readFile, readdir } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { writeSmall } from "./png.ts";

const BASELINES = new URL("../tests/baselines/", import.meta.url);
const ALL_BYTES_MAX = 3_000_000;

test("baselines", async () => {
  let total = 0;
  const names = (await readdir(BASELINES)).filter((name) => name.endsWith(".png"));
  for (const name of names) {
    const path = new URL(name, BASELINES);
    total += await writeSmall(path.pathname, await readFile(path));
  }
  console.log(`end2end/tests/baselines/  ${names.length} pictures, ${total} bytes`);
  expect(total).toBeLessThan(ALL_BYTES_MAX);
});
