import { quote, quoteQualified } from "../../names/identifier";
import type { Hazard, LockMode, Statement } from "../../sql/statement";
import type { NamedCheck } from "../../observed/key-excludes";
import type { DefaultShape } from "../carry/default-shape";

/** Properties of a statement on a default partition, in addition to its text. */
interface Traits {
  readonly mode: LockMode;
  readonly undo: string;
  /** True if it reads all rows. */
  readonly reads?: boolean;
  readonly hazards?: readonly Hazard[];
}

/** One statement on the default partition, which other sessions may be reading and writing. */
export function buildDefaultStatement(
  shape: Pick<DefaultShape, "schema" | "name">,
  transaction: string,
  sql: string,
  { mode, undo, reads = false, hazards = [] }: Traits,
): Statement {
  const exclusive = mode === "ACCESS EXCLUSIVE";
  return {
    sql,
    transaction,
    timeouts: exclusive ? "strong" : reads ? "waiting" : "light",
    locks: [{ relation: `${shape.schema}.${shape.name}`, role: "default", mode }],
    hold: reads && !exclusive ? "grows with rows" : "instant",
    hazards: [...(exclusive ? (["LOCK_DEFAULT_AX"] as const) : []), ...hazards],
    undo,
  };
}

/** Adds a CHECK. `validated`: every row is read under the lock, so only if there are few. */
export function addDefaultCheck(
  shape: DefaultShape,
  transaction: string,
  check: NamedCheck,
  validated: boolean,
): Statement {
  const name = quote(check.name);
  return buildDefaultStatement(
    shape,
    transaction,
    `ALTER TABLE ${quoteDefault(shape)} ADD CONSTRAINT ${name} CHECK (${check.condition})${validated ? "" : " NOT VALID"}`,
    {
      mode: "ACCESS EXCLUSIVE",
      hazards: validated && shape.rows > 0 ? ["SCAN_DEFAULT"] : [],
      undo: `ALTER TABLE ${quoteDefault(shape)} DROP CONSTRAINT ${name}`,
    },
  );
}

/** Reads every row without blocking reads and writes. */
export function validateDefaultCheck(
  shape: DefaultShape,
  transaction: string,
  check: { readonly name: string },
): Statement {
  return buildDefaultStatement(
    shape,
    transaction,
    `ALTER TABLE ${quoteDefault(shape)} VALIDATE CONSTRAINT ${quote(check.name)}`,
    {
      mode: "SHARE UPDATE EXCLUSIVE",
      reads: true,
      hazards: ["SCAN_PARTITION"],
      undo: "not needed",
    },
  );
}

export function dropDefaultCheck(
  shape: DefaultShape,
  transaction: string,
  check: { readonly name: string },
): Statement {
  return buildDefaultStatement(
    shape,
    transaction,
    `ALTER TABLE ${quoteDefault(shape)} DROP CONSTRAINT IF EXISTS ${quote(check.name)}`,
    {
      mode: "ACCESS EXCLUSIVE",
      undo: "the next update creates what is missing",
    },
  );
}

/** Locks the parent first, then its partitions: the reverse order would deadlock with a session that takes them in this one. */
export function lockParent(
  parent: { readonly schema: string; readonly table: string },
  transaction: string,
  mode: "SHARE UPDATE EXCLUSIVE" | "ACCESS EXCLUSIVE",
): Statement {
  return {
    sql: `LOCK TABLE ONLY ${quoteQualified(parent.schema, parent.table)} IN ${mode} MODE`,
    transaction,
    timeouts: "strong",
    locks: [{ relation: `${parent.schema}.${parent.table}`, role: "parent", mode }],
    hold: "instant",
    hazards: mode === "ACCESS EXCLUSIVE" ? ["LOCK_PARENT_AX"] : [],
    undo: "not needed",
  };
}

export function quoteDefault(shape: Pick<DefaultShape, "schema" | "name">): string {
  return quoteQualified(shape.schema, shape.name);
}
