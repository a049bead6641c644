import type { FoundPartman, Rivals } from "../../core/adopt/rivals";
import type { Database } from "../database";
import { query } from "../queries";
import type { TableName } from "../../core/names/table-name";
import type { Row } from "../connect/session";

/** Facts outside the catalogue of the table itself that its adoption needs. */
interface AdoptionSources {
  readonly rivals: Rivals;
  /** Time zone set for the database; undefined: none. */
  readonly zone: string | undefined;
}

/** Reads the other tools that create or drop partitions of a table: jobs of pg_cron, functions, pg_partman. Changes nothing. */
export async function readAdoptionSources(database: Database, table: TableName): Promise<AdoptionSources> {
  const place = (await database.read(query("adopt/adopt-places")))[0] ?? {};
  const functions = await readNamingFunctions(database, table.table);
  const jobs = place["cron"] === true ? await database.read(query("adopt/adopt-jobs")) : [];
  const partman = toText(place["partman"]);
  return {
    zone: toText(place["zone"]),
    rivals: {
      functions,
      jobs: jobs.map((row) => ({
        id: String(row["id"]),
        name: toText(row["name"]),
        schedule: String(row["schedule"]),
        command: String(row["command"]),
        active: row["active"] === true,
      })),
      partman: partman === undefined ? undefined : await readPartman(database, partman, table),
    },
  };
}

/** Returns functions and procedures whose source contains a name. */
export async function readNamingFunctions(database: Database, name: string): Promise<Rivals["functions"]> {
  const rows = await database.read(query("adopt/adopt-functions"), [name]);
  return rows.map((row) => ({
    schema: String(row["schema"]),
    name: String(row["name"]),
    signature: String(row["signature"]),
    kind: row["kind"] === "procedure" ? "procedure" : "function",
    source: String(row["source"]),
  }));
}

async function readPartman(database: Database, schema: string, table: TableName): Promise<FoundPartman | undefined> {
  const rows = await database.read(query("adopt/adopt-partman", schema), [`${table.schema}.${table.table}`]);
  const row = rows[0];
  if (!row) return undefined;
  return {
    schema,
    parent: String(row["parent_table"]),
    interval: toText(row["partition_interval"]),
    premake: toText(row["premake"]),
    retention: toText(row["retention"]),
  };
}

function toText(value: Row[string] | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
