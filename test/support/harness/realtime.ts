// What Supabase Realtime does with a change, in small: it polls a wal2json slot for the tables that its publication lists, and
// for each change asks the table that the change names whether the subscriber may see the row.
import type { Client } from "pg";
import { quote, quoteQualified } from "../../../core/names/identifier";

/** One change and what became of it for one subscriber. */
interface Delivery {
  /** The table that the change names: the partition. */
  readonly table: string;
  readonly id: string;
  readonly verdict: "delivered" | "hidden by a policy" | "401 unauthorized" | "the table is gone";
}

interface Json {
  /** M: a message such as ours. */
  readonly action: "I" | "U" | "D" | "M";
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly value: string | number }[];
  readonly pk: readonly { readonly name: string }[];
}

/** `setting`: what policies read of the subscriber, set as `app.company`. */
export async function poll(
  client: Client,
  slot: string,
  publication: string,
  subscriber: { readonly role: string; readonly setting: string },
): Promise<Delivery[]> {
  // Only what is on disk is sent, and the servers of the tests commit before that.
  await client.query("begin; set local synchronous_commit = on; select pg_logical_emit_message(true, '', ''); commit");
  const listed = await client.query<{ list: string | null }>(
    "select string_agg(schemaname || '.' || tablename, ',') as list from pg_publication_tables where pubname = $1",
    [publication],
  );
  const changes = await client.query<{ data: string }>(
    `select data from pg_logical_slot_get_changes($1, null, null, 'format-version', '2', 'include-pk', 'true',
       'include-transaction', 'false', 'actions', 'insert,update,delete', 'add-tables', $2)`,
    [slot, listed.rows[0]?.list ?? "none.none"],
  );
  const deliveries: Delivery[] = [];
  for (const { data } of changes.rows) {
    const change = JSON.parse(data) as Json;
    if (change.action !== "M") deliveries.push(await judge(client, change, subscriber));
  }
  return deliveries;
}

async function judge(
  client: Client,
  change: Json,
  subscriber: { readonly role: string; readonly setting: string },
): Promise<Delivery> {
  const value = (name: string) => String(change.columns.find((column) => column.name === name)?.value);
  const found = { table: `${change.schema}.${change.table}`, id: value("id") };
  const name = quoteQualified(change.schema, change.table);
  const exists = await client.query<{ there: boolean }>("select to_regclass($1) is not null as there", [name]);
  if (!exists.rows[0]?.there) return { ...found, verdict: "the table is gone" };
  const key = change.pk.map((column) => column.name);
  const rights = await client.query<{ may: boolean }>(
    "select bool_and(has_column_privilege($1, $2, c, 'select')) as may from unnest($3::text[]) c",
    [subscriber.role, name, key],
  );
  if (!rights.rows[0]?.may) return { ...found, verdict: "401 unauthorized" };
  await client.query("begin");
  await client.query("select set_config('role', $1, true), set_config('app.company', $2, true)", [
    subscriber.role,
    subscriber.setting,
  ]);
  const where = key.map((column, index) => `${quote(column)}::text = $${index + 1}`).join(" and ");
  const seen = await client.query<{ rows: string }>(
    `select count(*) as rows from ${name} where ${where}`,
    key.map(value),
  );
  await client.query("commit");
  return { ...found, verdict: seen.rows[0]?.rows === "1" ? "delivered" : "hidden by a policy" };
}
