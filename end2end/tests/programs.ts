// What programs do without a browser: forms and API calls by hand, each quick enough to be measured.

import { expect } from "@playwright/test";
import { ACCESS, type Person, SESSION, administrator } from "./people.ts";
import type { Server } from "./server.ts";

export type Confirmation = { name: string; milliseconds: number | null };

export type Receipt = {
  sessions_ended: number;
  tokens_possibly_live: number;
  milliseconds: number;
  instances: Confirmation[];
};

/** Somebody's cookies, and who they are. */
export type Credentials = { session: string; token: string; id: string };

export async function signUp(server: Server, person: Person): Promise<void> {
  const response = await postForm(server, "/actions/sign_up", person);
  expect(response.status, await response.text()).toBe(200);
}

/** Logs in and takes an access token. */
export async function logIn(server: Server, { email, password }: Person): Promise<Credentials> {
  const answer = await postForm(server, "/actions/log_in", { email, password });
  expect(answer.status, await answer.text()).toBe(200);
  const session = setCookie(answer, SESSION);
  const renewed = await fetch(`${server.url}/api/v1/token`, {
    method: "POST",
    headers: { cookie: `${SESSION}=${session}` },
  });
  expect(renewed.status, await renewed.text()).toBe(200);
  const token = setCookie(renewed, ACCESS);
  const me = (await (await askMe(server, token)).json()) as { id: string };
  return { session, token, id: me.id };
}

/** The token of a new administrator. */
export async function administratorToken(server: Server): Promise<string> {
  return (await logIn(server, await administrator(server))).token;
}

export function askMe(server: Server, token: string): Promise<Response> {
  return fetch(`${server.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
}

/** The status only; the body is read, so that the connection is used again. */
export async function statusOf(answer: Promise<Response>): Promise<number> {
  const response = await answer;
  await response.arrayBuffer();
  return response.status;
}

/** Opens a page with a session and nothing else. */
export function openPage(server: Server, path: string, session: string): Promise<Response> {
  const headers = { accept: "text/html", cookie: `${SESSION}=${session}` };
  return fetch(`${server.url}${path}`, { headers, redirect: "manual" });
}

export async function forceLogoutByApi(server: Server, adminToken: string, id: string): Promise<Receipt> {
  const response = await fetch(`${server.url}/api/v1/admin/users/${id}/force-logout`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
    body: JSON.stringify({ reason: "from a test" }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Receipt;
}

function postForm(server: Server, path: string, fields: Record<string, string>): Promise<Response> {
  const headers = { accept: "application/json" };
  return fetch(server.url + path, { method: "POST", headers, body: new URLSearchParams(fields), redirect: "manual" });
}

function setCookie(response: Response, name: string): string {
  const line = response.headers.getSetCookie().find((text) => text.startsWith(`${name}=`) && !text.includes("Max-Age=0"));
  if (!line) throw new Error(`no cookie ${name} was set`);
  return line.slice(name.length + 1).split(";")[0] ?? "";
}
