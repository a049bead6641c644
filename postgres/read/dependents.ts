import { type Dependent, type Dependents, explainNotDroppable } from "../../core/plan/retire/dependents";
import type { Database } from "../database";
import { StatementError } from "../connect/session-errors";
import { query } from "../queries";

interface DependentRow extends Dependent {
  readonly oid: string;
}

/** Returns the dependents of each relation, by the oid of the relation. One query, whatever their number. */
export async function readDependents(database: Database, oids: readonly string[]): Promise<Dependents> {
  const found = new Map<string, Dependent[]>();
  if (oids.length === 0) return found;
  // The query names the columns of DependentRow.
  const rows = (await database.read(query("dependents"), [oids])) as unknown as readonly DependentRow[];
  for (const { oid, kind, identity, names } of rows)
    found.set(oid, [...(found.get(oid) ?? []), { kind, identity, names }]);
  return found;
}

/**
 * Thrown if a table was not dropped because a dependent object was created meanwhile. No failure: the next update looks again.
 */
export class StillNeeded extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = "StillNeeded";
  }
}

/** Explains a refused drop as the plan does, if dependents are the reason. */
export async function explainDrop(
  database: Database,
  table: { readonly schema: string; readonly name: string; readonly oid: string },
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof StatementError) || error.sqlState !== DEPENDENT_OBJECTS_STILL_EXIST) return error;
  const { schema, name: partition } = table;
  const why = explainNotDroppable({ schema, partition }, (await readDependents(database, [table.oid])).get(table.oid));
  // Dropped again meanwhile: the server has named it.
  return new StillNeeded(
    `partition "${partition}" is not dropped: ${why === undefined ? error.message : `${why}, and the next update continues`}`,
    error,
  );
}

const DEPENDENT_OBJECTS_STILL_EXIST = "2BP01";
