// Does anything work at all? If this fails, look here first.

import { expect, test } from "./fixtures.ts";

test("the home page answers and hydrates without a word in the console", async ({ page }) => {
  const response = await page.goto("/");
  expect(response?.status()).toBe(200);
  await expect(page.locator("html")).toHaveAttribute("data-hydrated", "true");
});
