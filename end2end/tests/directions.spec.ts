// What people write from right to left stands so, and turns nothing around it.

import { expect, test } from "./fixtures.ts";
import { openNotes, writeNote } from "./notebook.ts";
import { open, signUp, somebody } from "./people.ts";

for (const [script, name, title, text] of [
  ["Hebrew", "נועה", "קניות (חדש)", "חלב, לחם 3.5%"],
  ["Arabic", "ليلى", "مشتريات (جديد)", "حليب وخبز 3.5%"],
] as const) {
  test(`names and notes in ${script}`, async ({ page }) => {
    await signUp(page, { ...somebody("Noa"), name });
    await expect(page.getByRole("main").locator("bdi").filter({ hasText: name })).toHaveCSS("unicode-bidi", "isolate");
    await expect(page.getByRole("heading", { level: 1 }), "the greeting's comma stays where it is").toHaveText(`Hello, \u2068${name}\u2069`);
    await expect(page.locator(".who > bdi")).toHaveCSS("direction", "rtl");
    const [box, logOut] = [await page.locator(".who").boundingBox(), await page.getByRole("button", { name: "Log out" }).boundingBox()];
    expect((logOut?.x ?? 0) - (box?.x ?? 0) - (box?.width ?? 0), "the name stands beside the button").toBeLessThan(40);
    await open(page, "/account/profile");
    await expect(page.getByRole("textbox", { name: "Name" })).toHaveCSS("direction", "rtl");

    await openNotes(page);
    await writeNote(page, title, text);
    for (const field of ["Title", "Text"]) await expect(page.getByLabel(field)).toHaveCSS("direction", "rtl");
    const link = page.getByRole("region", { name: "Your notes" }).getByRole("button", { name: title });
    await expect(link.locator(".note-link-title")).toHaveCSS("direction", "rtl");
    await expect(link.locator("bdi")).toHaveCSS("direction", "rtl");
    await expect(link.locator("time"), "the day stays as it is").toHaveCSS("direction", "ltr");
    await expect(page.getByRole("heading", { level: 1 })).toHaveCSS("direction", "ltr");
    // The same in English writes from left to right in the same fields.
    await writeNote(page, "Shopping", "milk");
    for (const field of ["Title", "Text"]) await expect(page.getByLabel(field)).toHaveCSS("direction", "ltr");
  });
}
