// How long calls take, in milliseconds, and how to say it.

export type Figures = { calls: number; failed: number; p50: number; p95: number; p99: number };

/** Calls one after the other in `lanes` lanes, until `ms` have passed. A status of 400 and more counts as failed. */
export async function measure(ms: number, lanes: number, call: () => Promise<number>): Promise<Figures> {
  const times: number[] = [];
  let failed = 0;
  const end = performance.now() + ms;
  const lane = async () => {
    while (performance.now() < end) {
      const start = performance.now();
      if ((await call()) >= 400) failed += 1;
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return { calls: times.length, failed, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** A table whose first row is what the others are compared with. */
export function table(title: string, rows: [string, Figures][]): string {
  const base = rows[0]?.[1];
  const lines = rows.map(([name, figures]) => {
    const numbers = [figures.p50, figures.p95, figures.p99].map((ms) => ms.toFixed(2).padStart(9));
    const ratio = base ? (figures.p50 / base.p50).toFixed(2).padStart(8) : "";
    return `${name.padEnd(44)}${String(figures.calls).padStart(8)}${String(figures.failed).padStart(8)}${numbers.join("")}${ratio}`;
  });
  const head = `${"".padEnd(44)}   calls  failed      p50      p95      p99   ratio`;
  return ["", title, head, ...lines, ""].join("\n");
}
