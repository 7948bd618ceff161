// What must hold for the links of mails in every browser.

import { type BrowserContext, type Page, expect } from "@playwright/test";
import { somebody, type Person } from "./people.ts";
import type { Mailbox } from "./mailbox.ts";

/** Follows what a browser sends, to see where the token of a link goes. */
export function followToken(context: BrowserContext): { leftWith: (token: string) => Promise<void> } {
  const sent: { url: string; referer: Promise<string> }[] = [];
  context.on("request", (request) => {
    const referer = request.allHeaders().then(({ referer = "" }) => referer, () => "");
    sent.push({ url: request.url(), referer });
  });
  return {
    /** Only the first request had the token in its address, and no other site or page was told. */
    async leftWith(token) {
      expect(token).toMatch(/^[\w-]{43}$/);
      expect(sent.filter(({ url }) => url.includes(token))).toHaveLength(1);
      for (const { referer } of sent) expect(await referer).not.toContain(token);
    },
  };
}

export function tokenOf(link: string): string {
  return new URL(link).searchParams.get("token") ?? "";
}

/** Signs up, and confirms the address with the link of the mail: ends on the dashboard. */
export async function signedUpByMail(page: Page, mailbox: Mailbox, name: string): Promise<Person> {
  const person = somebody(name);
  await page.goto("/signup");
  await page.getByLabel("Name").fill(person.name);
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.waitForURL("**/verify/sent");
  const { link } = await mailbox.next(person.email, /Confirm/);
  await page.goto(link);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Confirm email address" }).click();
  await page.waitForURL("**/dashboard");
  return person;
}
