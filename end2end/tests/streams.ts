// The streams that a page listens to, as the browser itself sees them.

import type { Page } from "@playwright/test";

/** Of `EventSource`. */
const OPEN = 1;
const CLOSED = 2;

/** Three times as long as the page waits before it says that the session is over. */
const SETTLED_MS = 1_000;

type Streams = {
  /** How many are open in the document that is shown. */
  open: () => Promise<number>;
  /** How many of its streams the browser would open again by itself. */
  unclosed: () => Promise<number>;
  /** How often one of them said that the session is over. */
  ends: () => number;
  /** How often that was a while ago, by the page's own clock: whatever the page does about it is done. */
  settled: () => number;
  failures: () => number;
};

/** Follows the streams of the documents that are opened in this tab from now on. */
export async function noteStreams(page: Page): Promise<Streams> {
  const heard = { ended: 0, settled: 0, error: 0 };
  await page.exposeFunction("heard", (what: keyof typeof heard) => void (heard[what] += 1));
  await page.addInitScript((settledMs) => {
    const streams: EventSource[] = [];
    const { heard } = globalThis as unknown as { heard(what: string): void };
    const Plain = EventSource;
    class Noted extends Plain {
      constructor(url: string) {
        super(url);
        streams.push(this);
        for (const what of ["ended", "error"]) this.addEventListener(what, () => heard(what));
        this.addEventListener("ended", () => setTimeout(() => heard("settled"), settledMs));
      }
    }
    Object.assign(globalThis, { streams, EventSource: Noted });
  }, SETTLED_MS);
  const states = () =>
    page.evaluate(() => (globalThis as unknown as { streams: EventSource[] }).streams.map(({ readyState }) => readyState));
  return {
    open: async () => (await states()).filter((state) => state === OPEN).length,
    unclosed: async () => (await states()).filter((state) => state !== CLOSED).length,
    ends: () => heard.ended,
    settled: () => heard.settled,
    failures: () => heard.error,
  };
}
