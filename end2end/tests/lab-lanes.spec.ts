// Section 3 of the Lab: the lanes are live, and what they show is what the server refused.

import { findings } from "./axe.ts";
import { expect, test } from "./fixtures.ts";
import { beginVisit, expectAnswered } from "./lab.ts";
import { HANG_MS } from "./patience.ts";
import { hydrated } from "./people.ts";
import { noteStreams } from "./streams.ts";

const SAID = "#lanes-said";

/** Of the plain JWT: nobody can end it, so that it has to be waited for. */
const LIFE_MS = 60_000;

test.describe("with JavaScript", () => {
  for (const [label, path, who] of [
    ["Log out now", "/actions/log_out", "You logged out"],
    ["Force logout", "/actions/force_logout", "The receipt: "],
  ] as const) {
    test(`${label}: two lanes die before one's eyes, without a new page`, async ({ page, server }) => {
      await beginVisit(page);
      await page.getByRole("button", { name: "Run the experiment" }).click();
      await hydrated(page);
      await expect(page.locator(SAID)).toHaveText("All three are accepted.");
      await page.evaluate(() => Object.assign(window, { stays: true }));
      const from = server.log().length;
      await page.getByRole("button", { name: label }).click();
      await expect(page.locator(SAID)).toHaveText(/The session and our JWT are refused/);
      await expect(page.locator(SAID)).toBeFocused();
      // That they are refused is seen at once; how soon it was, when the end itself is answered.
      const lane = (number: number) => page.locator(".lane").nth(number);
      await expect(lane(0)).toHaveText(/Refused after \d+(\.\d)? ms/);
      await expect(lane(1)).toHaveText(/Refused after \d+(\.\d)? ms: 401 token_revoked/);
      await expect(lane(2)).toHaveText(/Still accepted \d+ s later/);
      await expect(page.getByText(who)).toBeVisible();
      await expectAnswered(server, from, [{ method: "POST", path, status: 200 }]);
      expect(await page.evaluate(() => "stays" in window), "the page is the same").toBe(true);
      await expect(page.getByRole("button", { name: "Force logout" })).toBeHidden();
      expect(await findings(page, "the lanes after the end")).toEqual([]);
    });
  }

  test("the plain JWT dies of age, and the stream is over", async ({ page }) => {
    const streams = await noteStreams(page);
    await beginVisit(page);
    await page.getByRole("button", { name: "Run the experiment" }).click();
    await hydrated(page);
    await page.getByRole("button", { name: "Log out now" }).click();
    await expect(page.locator(SAID)).toHaveText(/The plain JWT is still accepted/);
    await expect(page.locator(SAID)).toHaveText("All three are refused.", { timeout: LIFE_MS + HANG_MS });
    await expect(page.locator(".lane").nth(2)).toContainText(/it expired \d\d s after the end/);
    await expect.poll(streams.unclosed, "nobody asks for the stream again").toBe(0);
  });

  test("the lanes go on where they were when the page is loaded again", async ({ page }) => {
    await beginVisit(page);
    await page.getByRole("button", { name: "Run the experiment" }).click();
    await hydrated(page);
    await page.getByRole("button", { name: "Log out now" }).click();
    await expect(page.locator(SAID)).toHaveText(/The plain JWT is still accepted/);
    await expect(page.locator(".lane").first()).toHaveText(/Refused after \d/);
    const before = await page.locator(".lane").first().innerText();
    await page.reload();
    await expect(page.locator(".lane").first()).toHaveText(before.replaceAll("\n", ""), { useInnerText: false });
    await expect(page.locator(SAID)).toHaveText(/The plain JWT is still accepted/);
  });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the lanes and their milliseconds are in the page", async ({ page }) => {
    await beginVisit(page);
    await page.getByRole("button", { name: "Run the experiment" }).click();
    await expect(page.locator(SAID)).toHaveText("All three are accepted.");
    await page.getByRole("button", { name: "Force logout" }).click();
    await expect(page.locator(SAID)).toHaveText(/The session and our JWT are refused/);
    await expect(page.locator(".lane").nth(1)).toContainText(/Refused after \d+(\.\d)? ms: 401/);
    await expect(page.locator(".lane").nth(2)).toContainText(/Expires in \d+ s, at \d\d:\d\d:\d\d UTC/);
    await expect(page.getByText("The receipt: ")).toBeVisible();
    await expect(page.getByRole("button", { name: "Force logout" })).toBeHidden();
  });
});
