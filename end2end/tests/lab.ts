// What the tests of the Lab share: a visit, and the server's own word on what it answered.

import { type Locator, type Page, expect } from "@playwright/test";
import type { Server } from "./server.ts";

export type Answered = { method: string; path: string; status: number };

/** Begins a visit as a visitor does. */
export async function beginVisit(page: Page): Promise<void> {
  await page.goto("/lab");
  await page.getByRole("main").getByRole("button", { name: "Start demo session" }).first().click();
  await expect(page.getByRole("button", { name: "End visit" })).toBeVisible();
  await unfold(page);
}

/** Opens every section that is folded, as a visitor does. */
export async function unfold(page: Page): Promise<void> {
  for (const section of await page.locator(".lab-fold").all()) {
    if ((await section.getAttribute("open")) === null) await section.locator("summary").first().click();
  }
}

/** The requests that the page shows within `part`, in their order, with the status that it shows. */
export async function shownIn(part: Locator): Promise<Answered[]> {
  const figures = await part.locator("details.exchange").all();
  return Promise.all(figures.map(async (figure) => {
    const [request = ""] = ((await figure.locator("pre").first().textContent()) ?? "").split("\n");
    const [method = "", path = ""] = request.split(" ");
    return { method, path, status: Number.parseInt(await figure.locator(".badge").innerText(), 10) };
  }));
}

/** The requests that the server says it has answered, from this place in its log on. */
function answeredSince(server: Server, from: number): Answered[] {
  const lines = server.log().slice(from).split("\n");
  return lines.flatMap((line) => {
    const found = / answered status=(?<status>\d+) .* method=(?<method>[A-Z]+) path=(?<path>\S+) /.exec(line);
    const { method, path, status } = found?.groups ?? {};
    return method && path && status ? [{ method, path, status: Number(status) }] : [];
  });
}

/** The server says that it has answered these requests, in this order. What it says may come after its answers. */
export async function expectAnswered(server: Server, from: number, shown: Answered[]): Promise<void> {
  const notThere = () => {
    let rest = answeredSince(server, from);
    for (const one of shown) {
      const at = rest.findIndex(({ method, path, status }) => method === one.method && path === one.path && status === one.status);
      if (at < 0) return { one, answered: answeredSince(server, from) };
      rest = rest.slice(at + 1);
    }
    return undefined;
  };
  await expect.poll(notThere, "a request that the server says nothing of").toBeUndefined();
}
