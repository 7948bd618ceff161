// Light or dark: by the system, or as somebody has chosen; at once, remembered, and never with a flash of the other.

import { expect, test } from "./fixtures.ts";
import { open, signedUp } from "./people.ts";

const ground = () => getComputedStyle(document.body).backgroundColor;

test("the switch works at once and is remembered", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await open(page, "/login");
  const light = await page.evaluate(ground);
  await page.getByLabel("Email").fill("typed@example.com");
  const kept = page.waitForResponse(/set_appearance/);
  await page.getByRole("radio", { name: "Dark" }).check();
  await expect.poll(() => page.evaluate(ground)).not.toBe(light);
  await expect(page.getByLabel("Email"), "nothing is loaded anew").toHaveValue("typed@example.com");
  const dark = await page.evaluate(ground);
  expect((await kept).status()).toBe(200);
  await page.goto("/");
  expect(await page.evaluate(ground)).toBe(dark);
  await expect(page.getByRole("radio", { name: "Dark" })).toBeChecked();
});

test("the first paint has the chosen colours, before any script and any style sheet", async ({ page }) => {
  await open(page, "/");
  const kept = page.waitForResponse(/set_appearance/);
  await page.getByRole("radio", { name: "Dark" }).check();
  await kept;
  const body = await (await page.request.get("/")).text();
  expect(body).toContain('data-theme="dark"');
  expect(body).toContain('<meta name="color-scheme" content="dark"');
});

test("more contrast makes soft text as dark as any", async ({ page }) => {
  await open(page, "/");
  const soft = () => page.locator(".lead").evaluate((lead) => getComputedStyle(lead).color);
  const before = await soft();
  const kept = page.waitForResponse(/set_appearance/);
  await page.getByLabel("High contrast").check();
  await expect.poll(soft).not.toBe(before);
  await kept;
  await page.reload();
  await expect(page.getByLabel("High contrast")).toBeChecked();
});

test("paper is white, whatever theme was chosen, and has no buttons", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await open(page, "/login");
  const light = await page.evaluate(ground);
  const kept = page.waitForResponse(/set_appearance/);
  await page.getByRole("radio", { name: "Dark" }).check();
  await kept;
  await page.emulateMedia({ media: "print" });
  await expect.poll(() => page.evaluate(ground)).toBe(light);
  await expect(page.locator("button:visible")).toHaveCount(0);
});

test("with the system's colours alone only the current tab has a bar", async ({ page }) => {
  await signedUp(page, "Tabea");
  await page.emulateMedia({ forcedColors: "active" });
  await open(page, "/account/devices");
  const marked = await page.locator(".tabs a").evaluateAll((tabs) => {
    const ground = getComputedStyle(document.body).backgroundColor;
    return tabs.filter((tab) => getComputedStyle(tab).borderBottomColor !== ground).map((tab) => tab.textContent);
  });
  expect(marked).toEqual(["Devices"]);
});

test("on a phone with letters twice as large “Log out” stands below the brand, not over it", async ({ page }) => {
  await signedUp(page, "Lena");
  await page.setViewportSize({ width: 180, height: 800 });
  await open(page, "/dashboard");
  const brand = await page.getByRole("link", { name: "Latchkey" }).boundingBox();
  const logOut = await page.getByRole("button", { name: "Log out" }).boundingBox();
  expect(logOut?.y).toBeGreaterThanOrEqual((brand?.y ?? 0) + (brand?.height ?? 0));
});

test("a server that is away is no reason to stay in the dark", async ({ page, allowConsole }) => {
  allowConsole(/ERR_FAILED|Failed to load/);
  await open(page, "/");
  await page.route("**/actions/set_appearance", (route) => route.abort());
  await page.getByRole("radio", { name: "Light" }).check();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await expect(page.locator("#toasts")).toContainText("couldn't reach the server");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the switch has a button", async ({ page }) => {
    await page.goto("/login");
    await page.getByRole("radio", { name: "Dark" }).check();
    await page.getByRole("button", { name: "Apply" }).click();
    await expect(page).toHaveURL(/\/login\??$/);
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await expect(page.getByRole("radio", { name: "Dark" })).toBeChecked();
  });

  test("the switch in the drawing cuts both", async ({ page }) => {
    await page.goto("/");
    await expect(page.getByText("Both requests succeed.")).toBeVisible();
    await page.getByRole("switch", { name: "Force logout" }).check();
    await expect(page.getByText("Both are refused at once.")).toBeVisible();
  });
});
