import type { KeySpec } from "../../core/declare/table/spec";
import type { Problem } from "../../core/problems/problem";
import type { TableName } from "../../core/names/table-name";
import type { Observation } from "../../core/observed/observed-table";
import type { Database } from "../../postgres/database";
import { readTakenNames } from "../../postgres/read/names-taken";

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
