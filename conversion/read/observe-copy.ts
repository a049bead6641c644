import type { CopyPartition, CopySource } from "../../core/conversion/copy/copy-source";
import type { KeySpec } from "../../core/declare/table/spec";
import type { Problem } from "../../core/problems/problem";
import type { TableName } from "../../core/names/table-name";
import type { Observation, ObservedTable } from "../../core/observed/observed-table";
import { overlaps } from "../../core/time/interval";
import type { Database } from "../../postgres/database";
import { readTakenNames } from "../../postgres/read/names-taken";

/** The partitions that the copy has, and those that it still needs by now. */
export function addPlanned(
  copy: ObservedTable | undefined,
  planned: CopySource["partitions"],
): CopySource["partitions"] {
  const present = (copy?.partitions ?? []).flatMap(({ name, bounds }) => (bounds ? [{ name, ...bounds }] : []));
  const known = new Set(present.map(({ name }) => name));
  // One that came while the table was partitioned may have another name.
  const isFree = (one: CopyPartition) => !known.has(one.name) && !present.some((found) => overlaps(found, one));
  return [...present, ...planned.filter(isFree)];
}

export function observeAgain(database: Database, { schema, table }: TableName, key: KeySpec): Promise<Observation> {
  database.invalidate(schema, table);
  return database.observe(schema, table, key);
}

/**
 * Returns a problem for each name that another relation has.
 *
 * @param former name that the program may choose
 */
export async function findTakenNames(
  database: Database,
  schema: string,
  wanted: readonly string[],
  former?: string,
): Promise<Problem[]> {
  const taken = await readTakenNames(
    database,
    wanted.map((name) => ({ schema, name })),
  );
  return taken
    .filter(({ kind }) => kind === "relation")
    .map(({ name }) => ({
      path: name === former ? "convertFrom.formerName" : "convertFrom",
      code: "conflict",
      message: `"${schema}.${name}" exists already, and the conversion needs the name.`,
      fix: name === former ? "Rename it, or declare another formerName." : "Rename it or drop it.",
    }));
}
