// The pages that are worth a picture: who sees them, where, and what they do first.

import { type BrowserContext, type Page, expect } from "@playwright/test";
import { open } from "./people.ts";
import type { Server } from "./server.ts";
import { type Town, cookiesOf } from "./town.ts";

export type Sight = {
  /** Of its files. */
  name: string;
  who: "visitor" | "jonas" | "mira" | "noa";
  path: string;
  /** What is done after the page has loaded. */
  first?: (page: Page) => Promise<void>;
};

/** To compare another page, add it here and call `cargo xtask screenshots --only baselines`. */
export const SIGHTS: Sight[] = [
  { name: "home", who: "visitor", path: "/" },
  { name: "lab", who: "visitor", path: "/lab" },
  { name: "login", who: "visitor", path: "/login" },
  { name: "signup-wrong", who: "visitor", path: "/signup", first: sendEmptyForm },
  { name: "not-found", who: "visitor", path: "/nowhere" },
  { name: "dashboard", who: "jonas", path: "/dashboard" },
  { name: "notes", who: "jonas", path: "/notes", first: (page) => openFirstNote(page) },
  { name: "notes-from-right-to-left", who: "noa", path: "/notes", first: openNoasNote },
  { name: "dashboard-from-right-to-left", who: "noa", path: "/dashboard" },
  { name: "devices", who: "jonas", path: "/account/devices" },
  { name: "profile", who: "jonas", path: "/account/profile" },
  { name: "activity", who: "jonas", path: "/account/activity" },
  { name: "confirm", who: "jonas", path: "/confirm?next=/notes&with=anew" },
  { name: "not-allowed", who: "jonas", path: "/admin/users" },
  { name: "admin", who: "mira", path: "/admin" },
  { name: "users", who: "mira", path: "/admin/users" },
  { name: "user", who: "mira", path: "/admin/users?q=leila", first: openOnlyPerson },
  { name: "audit", who: "mira", path: "/admin/audit" },
];

/** Goes there as that person, up to the moment before the picture. */
export async function visit(sight: Sight, page: Page, server: Server, town: Town): Promise<void> {
  await become(sight.who, page.context(), server, town);
  await open(page, sight.path);
  await sight.first?.(page);
}

export async function become(who: Sight["who"], context: BrowserContext, server: Server, town: Town): Promise<void> {
  await context.clearCookies();
  if (who !== "visitor") await context.addCookies(cookiesOf(server, town[who]));
}

async function sendEmptyForm(page: Page): Promise<void> {
  await page.getByRole("main").getByRole("button", { name: "Sign up" }).click();
  await expect(page.locator("[aria-live=assertive]")).toBeFocused();
}

async function openNoasNote(page: Page): Promise<void> {
  await openFirstNote(page, /קמח/);
}

async function openFirstNote(page: Page, text = /fold twice/): Promise<void> {
  await page.locator(".note-link").first().click();
  await expect(page.getByLabel("Text")).toHaveValue(text);
  // The cursor is in no field: it would be a ring in the picture.
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
}

async function openOnlyPerson(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Leila Haddad" }).click();
  await page.waitForURL(/\/admin\/users\/[^?]+$/);
  await expect(page.locator("html")).toHaveAttribute("data-hydrated", "true");
}
