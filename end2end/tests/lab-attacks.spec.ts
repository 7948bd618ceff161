// Section 4 of the Lab: each button attacks, and the page shows what the server really did: its own log says the same.

import { findings } from "./axe.ts";
import { expect, test } from "./fixtures.ts";
import { withAndWithoutJavaScript } from "./javascript.ts";
import { beginVisit, expectAnswered, shownIn, unfold } from "./lab.ts";

/** Address on the page, the statuses that the server answers with, words of the sentence. */
const ATTACKS: [id: string, statuses: number[], words: RegExp][] = [
  ["payload", [200, 200, 401], /accepted \(200\)\. With the other role it was refused \(401 token_invalid\)/],
  ["none", [200, 401], /Refused: 401 token_invalid/],
  ["other-key", [200, 401, 200, 401], /Refused twice: first 401 token_invalid\..*Then 401 token_invalid\./],
  ["replay", [200, 200, 401, 401], /the session \d.* ms after the logout response \(401 session_ended\)/],
  ["expired", [200, 401, 200], /Refused: 401 token_expired/],
  ["cross-site", [403, 403, 200], /Refused twice \(403 and 403\), and you're still logged in/],
  ["steal", [200, 200, 200, 303, 401], /^Success\s*It worked: whoever has the cookie is logged in\..*The receipt: \d+ session/s],
  ["role", [200, 403, 200, 401, 200, 200, 200, 200, 200], /refused at once \(401 token_revoked\).*“user”/],
];

withAndWithoutJavaScript(({ scripted }) => {
  for (const [id, statuses, words] of ATTACKS) {
    // Without JavaScript the forms are the same forms.
    if (!scripted && id !== "replay") continue;
    test(`${id}: the page shows what the server did`, async ({ page, server }) => {
      await beginVisit(page);
      const from = server.log().length;
      await page.locator(`#${id}`).getByRole("button").click();
      await expect(page).toHaveURL(new RegExp(`/lab\\?run=\\d+#${id}$`));
      const experiment = page.locator(`#${id}`);
      await expect(experiment.locator(".notice")).toHaveText(words);
      await expect(experiment.locator(".notice")).toContainText("Success");
      await expect(experiment.locator(".defence")).toContainText("What stops it");
      // The refusal is the point: it is open.
      const open = experiment.locator(".exchange[open]");
      await expect(open).toHaveCount(1);
      await expect(open.locator(".badge")).toHaveText(/^(303 redirected|40[13] refused)$/);
      const shown = await shownIn(experiment);
      expect(shown.map(({ status }) => status)).toEqual(statuses);
      await expectAnswered(server, from, shown);
    });
  }
});

test("a stolen cookie that has been replaced: two acts, ten seconds apart", async ({ page, server }) => {
  await beginVisit(page);
  const experiment = page.locator("#old-secret");
  const notice = experiment.locator(".notice");
  await experiment.getByRole("button").click();
  await expect(notice).toContainText("409 session_renewed");
  let from = 0;
  const again = async () => {
    const before = page.url();
    from = server.log().length;
    await experiment.getByRole("button", { name: "Use the stolen cookie again" }).click();
    await expect(page).not.toHaveURL(before);
    return notice.innerText();
  };
  await expect.poll(again, { intervals: [1_000] }).not.toContain("Not yet");
  await expect(notice).toContainText("theft_suspected");
  expect((await shownIn(experiment)).map(({ status }) => status)).toEqual([200, 200, 409, 303, 401]);
  await expect.poll(() => server.log().slice(from)).toContain("a replaced secret came back: the session is ended");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  // Thirty pages of text: what runs in a page is none of this test's business.
  test("every experiment leads to its code and to its test", async ({ page }) => {
    await page.goto("/lab");
    const links = await page.locator(".cited-code a").all();
    const hrefs = await Promise.all(links.map((link) => link.getAttribute("href")));
    expect(hrefs.length).toBeGreaterThan(20);
    for (const href of new Set(hrefs)) {
      await page.goto(href ?? "");
      const [, name = ""] = /function=(\w+)/.exec(href ?? "") ?? [];
      await expect(page.locator(".source .cited").filter({ hasText: `fn ${name}` }), href ?? "").toHaveCount(1);
      await expect(page.locator(".source .cited").first(), href ?? "").toBeInViewport();
    }
  });
});

test("axe finds nothing in the results", async ({ page }) => {
  await beginVisit(page);
  for (const [id] of ATTACKS) await page.locator(`#${id}`).getByRole("button").click();
  await unfold(page);
  expect(await findings(page, "the Lab after all attacks")).toEqual([]);
});

test("axe finds nothing in a page of code, and the keyboard reaches what is too wide", async ({ page }) => {
  await page.goto("/lab#payload");
  await page.locator("#payload .cited-code a").first().click();
  await expect(page.locator(".source")).toBeVisible();
  expect(await findings(page, "a page of code")).toEqual([]);
  await page.locator(".source").focus();
  await expect(page.locator(".source")).toBeFocused();
});
