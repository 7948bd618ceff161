// Every page as everybody sees it: tests that hold for all pages walk over this list.

import type { Page } from "@playwright/test";
import type { Server } from "./server.ts";
import { type Person, administrator, findPerson, loggedIn, signedUp } from "./people.ts";

export type Visit = { who: string; path: string };

export const ACCOUNT_PAGES = [
  "/account/profile",
  "/account/profile/email",
  "/account/devices",
  "/account/password",
  "/account/second-factor",
  "/account/activity",
  "/account/data",
  "/account/delete",
];

/** Where the password is asked for once more. */
export const CONFIRM = "/confirm?next=/notes";

/** Who walks over the pages. */
export const WALKERS = ["visitor", "user", "administrator"] as const;
type Walker = (typeof WALKERS)[number];

type Look = (visit: Visit) => Promise<void>;

/** Calls `look` on each page, as everybody. */
export async function everyPage(page: Page, server: Server, look: Look): Promise<void> {
  for (const who of WALKERS) await everyPageAs(who, page, server, look);
}

/** Calls `look` on each page that concerns one of them. */
export async function everyPageAs(who: Walker, page: Page, server: Server, look: Look): Promise<void> {
  for (const path of await pagesOf(who, page, server)) await look({ who, path });
}

async function pagesOf(who: Walker, page: Page, server: Server): Promise<string[]> {
  const links = ["/verify", "/verify/sent", "/forgot", "/forgot/sent", "/reset", "/second-factor/keep"];
  const outside = ["/signup", "/login", ...links, "/deleted", "/not-me/done", "/second-factor/kept", "/setup?token=wrong"];
  if (who === "visitor") return ["/", "/lab", ...outside, "/dashboard", "/nowhere"];
  const person = await signedUp(page, "Walker");
  const own = ["/dashboard", "/notes"];
  if (who === "user") return ["/", "/lab", ...own, ...ACCOUNT_PAGES, "/verify-email", CONFIRM, "/admin/users", "/nowhere"];
  return [...own, ...(await adminPages(page, server, person))];
}

async function adminPages(page: Page, server: Server, person: Person): Promise<string[]> {
  await loggedIn(page, await administrator(server));
  await findPerson(page, person);
  const search = `/admin/users?q=${encodeURIComponent(person.email)}`;
  const details = new URL(page.url()).pathname;
  await page.goto("/admin/keys");
  const key = (await page.locator("tbody a").first().getAttribute("href")) ?? "";
  const acts = ["log-out", "reset", "second-factor", "role", "disable", "enable", "delete"].map((act) => `${details}/${act}`);
  const filtered = "/admin/users?role=user&state=active&sort=name";
  const users = ["/admin/users", ...acts, search, "/admin/users?q=nobody%20at%20all", filtered, details, "/admin/users/nobody"];
  const sessions = ["/admin/sessions", "/admin/sessions?ip=192.0.2.1", "/admin/sessions/everyone"];
  const audit = ["/admin/audit", "/admin/audit?event=force_logout", "/admin/audit?subject=nobody"];
  return ["/admin", ...users, ...sessions, ...audit, "/admin/keys", key, "/admin/keys/nobody"];
}

/** What the browser says about the pages of the walk that are not there or not for everybody. */
export const REFUSALS = /status of (40[34]|410)/;
