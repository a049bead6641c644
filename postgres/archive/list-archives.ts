import { quote } from "../../core/names/identifier";
import type { Instant } from "../../core/time/instant";
import type { OpenInterval } from "../../core/time/interval";
import type { Database } from "../database";
import { parseTime } from "../catalog/observation";

/** Archive of a table, as the ledger knows it. */
export interface ListedArchive {
  readonly partition: string;
  readonly branch: string;
  readonly bounds: OpenInterval;
  readonly generation: number;
  readonly manifest: string;
  readonly rows: number;
  readonly bytes: number;
  readonly archivedAt: string;
  readonly droppedAt: string | undefined;
}

/** Lists every archive of a table, oldest range first; of a range, the last generation is the valid one. */
export async function listArchives(
  database: Database,
  table: { readonly schema: string; readonly table: string },
): Promise<ListedArchive[]> {
  const rows = await database.read(
    `select partition_name, branch, lower_bound::text, upper_bound::text, generation, manifest, row_count, bytes,
  archived_at::text, dropped_at::text from ${quote(database.managementSchema)}.archived($1, $2)`,
    [table.schema, table.table],
  );
  return rows.map((row) => ({
    partition: String(row["partition_name"]),
    branch: String(row["branch"]),
    bounds: { from: toInstant(row["lower_bound"]), to: toInstant(row["upper_bound"]) },
    generation: Number(row["generation"]),
    manifest: String(row["manifest"]),
    rows: Number(row["row_count"]),
    bytes: Number(row["bytes"]),
    archivedAt: String(row["archived_at"]),
    droppedAt: row["dropped_at"] === null ? undefined : String(row["dropped_at"]),
  }));
}

function toInstant(value: unknown): Instant | undefined {
  return value === null || value === undefined ? undefined : parseTime(String(value));
}
