import { quote, quoteQualified } from "../names/identifier";
import { attachStatement, boundsCheckName, boundsCondition, type NewPartition } from "./create-partition";
import { createLeafIndexText, leafIndexName } from "./new-table";
import type { ParentIndex, ParentShape } from "./parent";
import type { Hazard, LockMode, Statement } from "./statement";

/**
 * Brings a detached table back into its table: indexes it lacks, a validated CHECK so that ATTACH reads nothing under its
 * lock, then ATTACH. The table is in nobody's plans, so building and validating stop nobody but its direct readers.
 */
export function reattachStatements(
  parent: ParentShape,
  partition: NewPartition,
  missing: readonly ParentIndex[],
): Statement[] {
  const leaf = quoteQualified(parent.leafSchema, partition.name);
  const prepare = `prepare ${parent.leafSchema}.${partition.name}`;
  const check = quote(boundsCheckName(partition.name));
  const relation = `${parent.leafSchema}.${partition.name}`;
  const own = (sql: string, transaction: string, mode: LockMode, hazard?: Hazard): Statement => ({
    sql,
    transaction,
    timeouts: hazard ? "waiting" : "strong",
    locks: [{ relation, role: "leaf", mode }],
    hold: hazard ? "grows with rows" : "instant",
    hazards: hazard ? [hazard] : [],
    undo: "not needed",
  });
  const attach = `attach ${parent.leafSchema}.${partition.name}`;
  return [
    ...missing.map((index) => {
      const mode = index.constraint === undefined ? "SHARE" : "ACCESS EXCLUSIVE";
      return own(
        missingIndexText(parent, partition.name, index),
        `index ${relation} ${index.name}`,
        mode,
        "INDEX_BUILD",
      );
    }),
    own(`ALTER TABLE ${leaf} DROP CONSTRAINT IF EXISTS ${check}`, prepare, "ACCESS EXCLUSIVE"),
    own(
      `ALTER TABLE ${leaf} ADD CONSTRAINT ${check} CHECK (${boundsCondition(parent, partition)}) NOT VALID`,
      prepare,
      "ACCESS EXCLUSIVE",
    ),
    own(
      `ALTER TABLE ${leaf} VALIDATE CONSTRAINT ${check}`,
      `validate ${relation}`,
      "SHARE UPDATE EXCLUSIVE",
      "SCAN_PARTITION",
    ),
    refLocks(attachStatement(parent, partition, attach), parent),
    own(`ALTER TABLE ${leaf} DROP CONSTRAINT ${check}`, attach, "ACCESS EXCLUSIVE"),
  ];
}

function missingIndexText(parent: ParentShape, leaf: string, index: ParentIndex): string {
  if (index.constraint === undefined) return createLeafIndexText(parent, leaf, index);
  const name = quote(leafIndexName(parent, leaf, index));
  return `ALTER TABLE ${quoteQualified(parent.leafSchema, leaf)} ADD CONSTRAINT ${name} ${index.constraint}`;
}

/** A filled table still has its foreign keys: ATTACH then takes ACCESS EXCLUSIVE on the referenced tables, measured on 15 to 18. */
function refLocks(statement: Statement, parent: ParentShape): Statement {
  if (parent.references.length === 0) return statement;
  return {
    ...statement,
    locks: statement.locks.map((lock) =>
      lock.role === "referenced" ? { ...lock, mode: "ACCESS EXCLUSIVE" as const } : lock,
    ),
    hazards: [...statement.hazards.filter((hazard) => hazard !== "LOCK_REF_WRITE"), "LOCK_REF_AX"],
  };
}
