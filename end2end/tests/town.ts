// A few people and what they did: the same each time, for pictures. Their server runs with TOWN_SETTINGS.

import { expect } from "@playwright/test";
import { leaveAHistory } from "./history.ts";
import { ACCESS, type Person, SESSION } from "./people.ts";
import { connect } from "./postgres.ts";
import type { Server } from "./server.ts";

/** Everybody comes from an address of their own: the proxy says so, and the proxy is us. */
export const TOWN_SETTINGS = { LATCHKEY_TRUSTED_PROXIES: "127.0.0.1", LATCHKEY_INSTANCE: "latchkey-1" };

export const DEVICES = {
  firefox: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  iphone:
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
  windows: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  mac: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
};

type Device = { agent: string; address: string };
type Cookies = { session: string; access: string };

export type Town = { jonas: Person & Cookies; mira: Person & Cookies; noa: Person & Cookies; leila: Person };

export const OFFICE: Device = { agent: DEVICES.firefox, address: "192.0.2.18" };
const PHONE: Device = { agent: DEVICES.iphone, address: "203.0.113.77" };
const LIBRARY: Device = { agent: DEVICES.windows, address: "198.51.100.4" };
const HOME: Device = { agent: DEVICES.mac, address: "192.0.2.140" };

const NOTES = [
  ["Bread, the slow one", "500 g flour, 375 g water, 10 g salt, 2 g yeast.\n\nMix in the evening, fold twice, bake in the morning at 240 °C."],
  ["Questions for Thursday", "Who signs the keys when Mira is away?\nHow long may a token live on a train without a network?"],
  ["Reading list", "The Design of Everyday Things\nA Pattern Language\nThe Mother of All Demos, once more"],
  ["Garden", "Tomatoes behind the house, beans along the wall. Water at six, not at noon."],
];

/** In Hebrew and in Arabic, with what is written from left to right within: figures, units, a name, brackets. */
const NOTES_FROM_RIGHT_TO_LEFT = [
  ["לחם איטי (מחמצת)", "500 גרם קמח, 375 מ״ל מים, 10 גרם מלח, 2 גרם שמרים.\n\nללוש בערב, לקפל פעמיים (Mira אומרת: 3), לאפות בבוקר ב־240 °C."],
  ["قائمة القراءة", "The Design of Everyday Things\nموسم الهجرة إلى الشمال (1966)\nألف ليلة وليلة، مرّة أخرى"],
  ["Garden", "Tomatoes behind the house. Water at six, not at noon."],
];

/** Files with the same settings may get one server after the other: its people exist once. */
const towns = new WeakMap<Server, Promise<Town>>();

/** The town of this server, which is built when it is asked for first. */
export function townOf(server: Server, databaseUrl: string): Promise<Town> {
  const town = towns.get(server) ?? buildTown(server, databaseUrl);
  towns.set(server, town);
  return town;
}

/** Signs everybody up and lets a day go by, after a month that has left its counts. */
async function buildTown(server: Server, databaseUrl: string): Promise<Town> {
  const sql = connect(databaseUrl);
  await leaveAHistory(sql);

  const [mira, jonas, leila] = [person("Mira Sandoval"), person("Jonas Weber"), person("Leila Haddad")];
  const noa = { ...person("Noa Cohen"), name: "נועה כהן" };
  const others = ["Aiko Tanaka", "Noor van Dijk", "Priya Raman", "Tom Becker", "Oscar Lindqvist"].map(person);
  await server.cli(["admin", "create", "--email", mira.email, "--name", mira.name], { input: `${mira.password}\n` });
  for (const somebody of [...others, leila, noa, jonas]) await send(server, HOME, "/actions/sign_up", somebody);
  // One has not opened the link in the mail yet.
  await sql`update users set verified_at = created_at where email <> 'priya.raman@example.com'`;
  await sql.end();
  for (const device of [PHONE, LIBRARY]) await logIn(server, device, leila);
  await server.cli(["force-logout", "--user", leila.email, "--reason", "Laptop lost on the train"]);
  await server.cli(["users", "disable", "tom.becker@example.com", "--reason", "Has left the company"]);
  await server.cli(["admin", "promote", "--email", "oscar.lindqvist@example.com", "--role", "auditor"]);
  for (const device of [HOME, PHONE]) await logIn(server, device, leila);
  await send(server, LIBRARY, "/actions/log_in", { email: jonas.email, password: "not this one" });
  for (const device of [LIBRARY, PHONE]) await logIn(server, device, jonas);
  const town = {
    jonas: { ...jonas, ...(await logIn(server, OFFICE, jonas)) },
    noa: { ...noa, ...(await logIn(server, HOME, noa)) },
    mira: { ...mira, ...(await logIn(server, OFFICE, mira)) },
    leila,
  };
  for (const [title, body] of NOTES) await writeNote(server, town.jonas.access, title ?? "", body ?? "");
  for (const [title, body] of NOTES_FROM_RIGHT_TO_LEFT) await writeNote(server, town.noa.access, title ?? "", body ?? "");
  return town;
}

/** For a browser that is to be in somebody's place. */
export function cookiesOf(server: Server, { session, access }: Cookies) {
  // Browsers keep `__Host-` cookies of http://localhost, and will not be handed any in its name.
  const common = { url: server.url.replace("http:", "https:"), secure: true, httpOnly: true };
  return [
    { ...common, name: SESSION, value: session, sameSite: "Lax" as const },
    { ...common, name: ACCESS, value: access, sameSite: "Strict" as const },
  ];
}

function person(name: string): Person {
  return { name, email: `${name.toLowerCase().replaceAll(" ", ".")}@example.com`, password: "seven quiet rivers 41" };
}

async function logIn(server: Server, device: Device, { email, password }: Person): Promise<Cookies> {
  const answer = await send(server, device, "/actions/log_in", { email, password });
  expect(answer.status, await answer.text()).toBe(303);
  const session = setCookie(answer, SESSION);
  const headers = { cookie: `${SESSION}=${session}`, ...headersOf(device) };
  const renewed = await fetch(`${server.url}/api/v1/token`, { method: "POST", headers });
  expect(renewed.status).toBe(200);
  return { session, access: setCookie(renewed, ACCESS) };
}

function send(server: Server, device: Device, path: string, form: Record<string, string>): Promise<Response> {
  const headers = { ...headersOf(device), accept: "text/html" };
  return fetch(server.url + path, { method: "POST", headers, body: new URLSearchParams(form), redirect: "manual" });
}

export function headersOf({ agent, address }: Device): Record<string, string> {
  return { "user-agent": agent, "x-forwarded-for": address };
}

async function writeNote(server: Server, token: string, title: string, body: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const note = JSON.stringify({ title, body, pinned: /^Bread|^לחם/.test(title) });
  const answer = await fetch(`${server.url}/api/v1/notes`, { method: "POST", headers, body: note });
  expect(answer.status, await answer.text()).toBe(201);
}

function setCookie(response: Response, name: string): string {
  const line = response.headers.getSetCookie().find((text) => text.startsWith(`${name}=`) && !text.includes("Max-Age=0"));
  if (!line) throw new Error(`no cookie ${name} was set`);
  return line.slice(name.length + 1).split(";")[0] ?? "";
}
