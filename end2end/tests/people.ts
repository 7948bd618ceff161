// The steps that people take again and again, through the pages that they see.

import { randomUUID } from "node:crypto";
import { type BrowserContext, type Locator, type Page, expect } from "@playwright/test";
import type { Server } from "./server.ts";

export type Person = { name: string; email: string; password: string };

/** Somebody whom no other test knows: the tests of a worker share its server. */
export function somebody(name: string): Person {
  const unique = randomUUID().slice(0, 8);
  return {
    name: `${name} ${unique}`,
    email: `${name.toLowerCase()}-${unique}@example.com`,
    // Nothing of name or address may be in it.
    password: `seven quiet rivers ${randomUUID().slice(0, 8)}`,
  };
}

/** Opens a page and waits until it reacts. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await hydrated(page);
}

export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator("html")).toHaveAttribute("data-hydrated", "true");
}

/** Waits for the page's document, not only for its address: an action's answer loads another one. */
export async function arrived(page: Page, path: string): Promise<void> {
  await page.waitForURL((url) => url.pathname + url.search === path);
  await hydrated(page);
}

export async function signUp(page: Page, person: Person): Promise<void> {
  await open(page, "/signup");
  await page.getByLabel("Name").fill(person.name);
  await page.getByLabel("Email").fill(person.email);
  await passwordField(page).fill(person.password);
  await page.getByRole("button", { name: "Sign up" }).click();
  await arrived(page, "/dashboard");
}

/** Makes an account for a test of something else: the form is sent without its page, in a tenth of the time. */
export async function signedUp(page: Page, name: string): Promise<Person> {
  const person = somebody(name);
  await send(page, "/actions/sign_up", person);
  return person;
}

/** As [`signedUp`], for somebody who has an account. */
export async function loggedIn(page: Page, { email, password }: Person): Promise<void> {
  await send(page, "/actions/log_in", { email, password });
}

async function send(page: Page, path: string, form: Record<string, string>): Promise<void> {
  const headers = { accept: "text/html" };
  const response = await page.request.post(path, { form, headers, maxRedirects: 0 });
  expect(response.status(), await response.text()).toBe(303);
}

export async function logIn(page: Page, person: Person, next = "/dashboard"): Promise<void> {
  await open(page, `/login?next=${encodeURIComponent(next)}`);
  await enterAndLogIn(page, person);
  await arrived(page, next);
}

/** On the log-in page that is already there. */
export async function enterAndLogIn(page: Page, person: Pick<Person, "email" | "password">): Promise<void> {
  await page.getByLabel("Email").fill(person.email);
  await passwordField(page).fill(person.password);
  await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
}

export async function logOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Log out" }).click();
  await arrived(page, "/");
}

export function passwordField(page: Page): Locator {
  return page.getByLabel("Password", { exact: true });
}

/** An administrator, made on the command line. */
export async function administrator(server: Server): Promise<Person> {
  const admin = somebody("Admin");
  const args = ["admin", "create", "--email", admin.email, "--name", admin.name];
  await server.cli(args, { input: `${admin.password}\n` });
  return admin;
}

/** Finds the person as an administrator does, and opens their page. */
export async function findPerson(page: Page, person: Person): Promise<void> {
  await open(page, "/admin/users");
  await page.getByLabel("Name or email").fill(person.email);
  await page.getByRole("button", { name: "Search" }).click();
  await page.waitForURL(/[?&]q=/);
  await expect(page.getByRole("row")).toHaveCount(2);
  await page.getByRole("link", { name: person.name }).click();
  await page.waitForURL(/\/admin\/users\/.+/);
  await hydrated(page);
}

/** From the page of a person to that of an act. */
export async function openAct(page: Page, label: string): Promise<void> {
  await page.getByRole("region", { name: "Actions" }).getByRole("link", { name: label, exact: true }).click();
  await page.waitForURL(/\/admin\/users\/[^/]+\/[^/]+$/);
  await hydrated(page);
}

/** On the page of the person, or on that of the act. */
export async function forceLogout(page: Page, reason: string): Promise<void> {
  if (!new URL(page.url()).pathname.endsWith("/log-out")) await openAct(page, "Force logout");
  await page.getByLabel("Reason").fill(reason);
  await page.getByRole("button", { name: "Force logout" }).click();
}

/** What lies over a page whose session has ended. */
export function loggedOutDialog(page: Page): Locator {
  return page.getByRole("alertdialog");
}

/** Waits for the news that the session has ended, and goes on reading the page. */
export async function stayOnPage(page: Page): Promise<void> {
  await loggedOutDialog(page).getByRole("button", { name: "Stay on this page" }).click();
  await expect(loggedOutDialog(page)).toHaveCount(0);
}

export const SESSION = "__Host-session";
export const ACCESS = "__Host-access";
export const DEVICE = "__Host-device";

/** The value of a cookie, which no script in the page can read. */
export async function cookie(context: BrowserContext, name: string): Promise<string> {
  const found = (await context.cookies()).find((cookie) => cookie.name === name);
  if (!found) throw new Error(`there is no cookie ${name}`);
  return found.value;
}

/** Asks the API with a token, as a program would that got hold of it. The status of the answer. */
export async function askApi(server: Server, token: string): Promise<number> {
  const response = await fetch(`${server.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  return response.status;
}
