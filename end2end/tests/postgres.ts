// An empty PostgreSQL database for one server, on the cluster that `cargo xtask test` brings.

import { randomUUID } from "node:crypto";
import postgres, { type Sql } from "postgres";

const URL_VARIABLE = "LATCHKEY_TEST_POSTGRES_URL";

/** Runs `use` with the address of a database that nobody else has. */
export async function withDatabase(use: (url: string) => Promise<void>): Promise<void> {
  const clusterUrl = process.env[URL_VARIABLE];
  if (!clusterUrl) throw new Error(`${URL_VARIABLE} is not set: \`cargo xtask test --only browser\` sets it`);
  const sql = connect(clusterUrl);
  const name = `browser_${randomUUID().replaceAll("-", "")}`;
  const url = new URL(clusterUrl);
  url.pathname = `/${name}`;
  try {
    await sql`create database ${sql(name)}`;
    await use(url.href);
    await sql`drop database ${sql(name)} with (force)`;
  } finally {
    await sql.end();
  }
}

export function connect(url: string): Sql {
  return postgres(url, { max: 1 });
}
