// Every page as everybody sees it: tests that hold for all pages go through this list.

import type { BrowserContext } from "@playwright/test";
import { type Person, SESSION, administrator, somebody } from "./people.ts";
import { logIn, openPage, signUp } from "./programs.ts";
import type { Server } from "./server.ts";

export type Who = "visitor" | "user" | "administrator";

/** `path` may hold `:person`, `:email` and `:key`: what only a server knows, and [`Walk`] after that. */
export type Visit = { who: Who; path: string };

export const ACCOUNT_PAGES = [
  "/account/profile",
  "/account/profile/email",
  "/account/devices",
  "/account/password",
  "/account/second-factor",
  "/account/activity",
  "/account/data",
  "/account/delete",
  "/account/connected",
  "/account/apps",
];

/** Where the password is asked for once more. */
export const CONFIRM = "/confirm?next=/notes&with=anew";

const LINKS = ["/verify", "/verify/sent", "/forgot", "/forgot/sent", "/reset", "/second-factor/keep"];
const OUTSIDE = ["/signup", "/login", ...LINKS, "/deleted", "/not-me/done", "/second-factor/kept", "/setup?token=wrong"];
const OWN = ["/dashboard", "/notes"];
const ACTS = ["log-out", "reset", "second-factor", "role", "disable", "enable", "delete"].map((act) => `/admin/users/:person/${act}`);
const SEARCHES = ["?q=:email", "?q=none%20of%20them", "?role=user&state=active&sort=name"].map((query) => `/admin/users${query}`);
const USERS = ["/admin/users", ...ACTS, ...SEARCHES, "/admin/users/:person", "/admin/users/nobody"];
const SESSIONS = ["/admin/sessions", "/admin/sessions?ip=192.0.2.1", "/admin/sessions/everyone"];
const AUDIT = ["/admin/audit", "/admin/audit?event=force_logout", "/admin/audit?subject=none"];
const APPLICATIONS = ["/admin/apps", "/account/apps/new", "/account/apps/nothing", "/oauth/authorize", "/device", "/device?user_code=WDJB-MJHT"];
const KEYS = ["/admin/keys", "/admin/keys/:key", "/admin/keys/nobody"];

const PATHS: Record<Who, string[]> = {
  visitor: ["/", "/lab", ...OUTSIDE, "/dashboard", "/nowhere"],
  user: ["/", "/lab", ...OWN, ...ACCOUNT_PAGES, "/verify-email", CONFIRM, "/admin/users", "/nowhere"],
  administrator: [...OWN, "/admin", ...USERS, ...SESSIONS, ...AUDIT, ...KEYS, ...APPLICATIONS],
};

export const EVERY_PAGE: Visit[] = (Object.keys(PATHS) as Who[]).flatMap((who) => PATHS[who].map((path) => ({ who, path })));

/** What the browser says about the pages of the list that are not there or not for everybody. */
export const REFUSALS = /status of (40[034]|410)/;

/** Who goes over the pages of one server, and what stands in their addresses. */
type Walk = { user: Person; administrator: Person; person: string; key: string };

/** Made once for each server, which costs far more than to log in. */
const walks = new WeakMap<Server, Promise<Walk>>();

/** Puts the browser in the place of who visits; the address of the page. */
export async function actAs({ who, path }: Visit, context: BrowserContext, server: Server): Promise<string> {
  const walk = await walkOver(server);
  if (who !== "visitor") {
    const { email, password } = walk[who];
    const form = { email, password };
    const answer = await context.request.post(`${server.url}/actions/log_in`, { form, headers: { accept: "text/html" }, maxRedirects: 0 });
    if (!answer.headers()["set-cookie"]?.includes(SESSION)) throw new Error(`${who} is not let in: ${await answer.text()}`);
  }
  return path
    .replace(":person", walk.person)
    .replace(":email", encodeURIComponent(walk.user.email))
    .replace(":key", walk.key);
}

function walkOver(server: Server): Promise<Walk> {
  const walk = walks.get(server) ?? begin(server);
  walks.set(server, walk);
  return walk;
}

async function begin(server: Server): Promise<Walk> {
  const user = somebody("Walker");
  await signUp(server, user);
  const { id } = await logIn(server, user);
  const admin = await administrator(server);
  const { session } = await logIn(server, admin);
  const keys = await (await openPage(server, "/admin/keys", session)).text();
  const [, key] = /href="\/admin\/keys\/([\w-]+)"/.exec(keys) ?? [];
  if (!key) throw new Error(`no key on the page of keys: ${keys}`);
  return { user, administrator: admin, person: id, key };
}
