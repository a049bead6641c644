import { type Dependent, type Dependents, whyNotDroppable } from "../../core/plan/retire/dependents";
import type { Database } from "../database";
import { StatementError } from "../connect/errors";
import { query } from "../queries";

interface DependentRow extends Dependent {
  readonly oid: string;
}

/** What needs each of the relations, by the oid of the relation. One query, whatever their number. */
export async function readDependents(database: Database, oids: readonly string[]): Promise<Dependents> {
  const found = new Map<string, Dependent[]>();
  if (oids.length === 0) return found;
  // The columns are those of DependentRow: the query names them.
  const rows = (await database.read(query("dependents"), [oids])) as unknown as readonly DependentRow[];
  for (const { oid, kind, identity, names } of rows)
    found.set(oid, [...(found.get(oid) ?? []), { kind, identity, names }]);
  return found;
}

/** A table was not dropped, because something that needs it came while it was about to go. No failure: the next update looks again. */
export class StillNeeded extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = "StillNeeded";
  }
}

/** The refusal of a drop in the words of the plan, where that is what it was. */
export async function explainedDrop(
  database: Database,
  table: { readonly schema: string; readonly name: string; readonly oid: string },
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof StatementError) || error.sqlState !== DEPENDENT_OBJECTS_STILL_EXIST) return error;
  const { schema, name: partition } = table;
  const why = whyNotDroppable({ schema, partition }, (await readDependents(database, [table.oid])).get(table.oid));
  // Gone again meanwhile: the server has named it.
  return new StillNeeded(
    `partition "${partition}" is not dropped: ${why === undefined ? error.message : `${why}, and the next update goes on`}`,
    error,
  );
}

const DEPENDENT_OBJECTS_STILL_EXIST = "2BP01";
