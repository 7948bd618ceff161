// The first byte of HTML knows who you are, and hydration takes it over as it is.

import { expect, test } from "./fixtures.ts";
import { hydrated, open, signedUp } from "./people.ts";

test("the first HTML of the dashboard carries name and e-mail", async ({ page }) => {
  const person = await signedUp(page, "Flora");
  const response = await page.goto("/dashboard");
  const html = (await response?.text()) ?? "";
  // In the page itself, not in the data for the hydration that stands behind it.
  const body = html.slice(html.indexOf("<body"), html.indexOf("</main>"));
  expect(body).toContain(person.name);
  expect(body).toContain(person.email);
  expect(body).not.toContain("Loading");
  await hydrated(page);
});

test("nothing on the dashboard changes from the first paint to the end of hydration", async ({ page }) => {
  const person = await signedUp(page, "Felix");
  // Runs before anything of the page does, and sees every change.
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(globalThis, { seen });
    new MutationObserver(() => {
      if (document.readyState === "loading") return;
      const text = document.body.innerText;
      if (text !== seen.at(-1)) seen.push(text);
    }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  await open(page, "/dashboard");
  const seen = await page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toContain(person.email);
  expect(seen[0]).toContain("Log out");
});
