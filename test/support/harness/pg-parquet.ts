// A database that has pg_parquet: no registry of packages has the extension, so that whoever has one names it.
import { Client } from "pg";
import { skipBecause, type Skipping } from "../skip";

/** Lends a connection to it, and its URL; the test is skipped where there is none. */
export async function withPgParquet(
  context: Skipping,
  body: (client: Client, url: string) => Promise<void>,
): Promise<void> {
  const url = process.env["PGPARTITION_TEST_PG_PARQUET_URL"];
  if (url === undefined)
    skipBecause(context, "no registry has pg_parquet: PGPARTITION_TEST_PG_PARQUET_URL names a database that has it");
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("create extension if not exists pg_parquet");
    await body(client, url);
  } finally {
    await client.end();
  }
}
