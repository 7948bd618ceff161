// What a month leaves behind in the counts by day.

import type { Sql } from "postgres";

const DAY_MS = 86_400_000;
export const DAYS = 30;

/** A month with weekends, a quiet day, and an attack; the same each time. */
export async function leaveAHistory(sql: Sql): Promise<void> {
  const today = Math.floor(Date.now() / DAY_MS);
  for (let ago = 1; ago < DAYS; ago += 1) {
    const weekend = ago % 7 >= 5;
    const counts = {
      logged_in: ago === 12 ? 0 : (weekend ? 240 : 900) + ((ago * 37) % 160),
      log_in_failed: ago === 6 ? 640 : 20 + ((ago * 13) % 45),
      signed_up: (ago * 7) % 19,
    };
    for (const [event, count] of Object.entries(counts)) {
      await sql`insert into daily_counts (day, event, count) values (${today - ago}, ${event}, ${count}) on conflict (day, event) do update set count = excluded.count`;
    }
  }
}
