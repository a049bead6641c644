import { quote, quoteQualified } from "../../names/identifier";
import { attachLocks } from "../statements/attach-partition";
import { attachText, buildNewTableStatements } from "../statements/new-table";
import type { ParentShape } from "../carry/parent";
import { detachStatement, dropStatements } from "../statements/retire-statements";
import type { Statement } from "../../sql/statement";
import type { OpenInterval } from "../../time/interval";
import { buildExcludingCheck, mergeRanges, type NamedCheck } from "../../observed/key-excludes";
import {
  buildDefaultStatement,
  quoteDefault,
  addDefaultCheck,
  dropDefaultCheck,
  validateDefaultCheck,
} from "./default-statements";
import type { DefaultShape } from "../carry/default-shape";

/**
 * Creates a default partition like any other, with the CHECK that excludes attached ranges. It is empty when attached, so nothing
 * is read. All in one transaction.
 *
 * @param attached ranges that are attached by then
 */
export function buildNewDefaultStatements(
  parent: ParentShape,
  name: string,
  attached: readonly OpenInterval[],
  transaction = `create default partition ${parent.partitionSchema}.${name}`,
): Statement[] {
  const table = quoteQualified(parent.partitionSchema, name);
  const check = buildExcludingCheck(parent.key, mergeRanges(attached));
  const proof: Statement[] = check
    ? [
        {
          sql: `ALTER TABLE ${table} ADD CONSTRAINT ${quote(check.name)} CHECK (${check.condition})`,
          transaction,
          timeouts: "light",
          locks: [],
          hold: "instant",
          hazards: [],
          undo: "dropped with its table",
        },
      ]
    : [];
  return [
    ...buildNewTableStatements(parent, { name, to: undefined, cut: undefined }, transaction),
    ...proof,
    attachDefaultStatement(parent, name, transaction),
  ];
}

/**
 * ATTACH … DEFAULT blocks no reader or writer: it takes SHARE UPDATE EXCLUSIVE on the table, and no query plan contains the
 * partition yet.
 */
export function attachDefaultStatement(parent: ParentShape, name: string, transaction: string): Statement {
  const table = quoteQualified(parent.schema, parent.table);
  const partition = quoteQualified(parent.partitionSchema, name);
  return {
    sql: attachText(table, partition, "DEFAULT"),
    transaction,
    timeouts: "strong",
    ...attachLocks({ ...parent, defaultPartition: undefined }),
    hold: "instant",
    undo: `ALTER TABLE ${table} DETACH PARTITION ${partition}`,
  };
}

/**
 * Removes a default partition that is no longer declared. A CHECK that no row can satisfy fails if it is not empty after all, and
 * reverts everything.
 */
export function removeDefaultStatements(
  parent: ParentShape,
  found: { readonly schema: string; readonly name: string },
): Statement[] {
  const transaction = `drop default partition ${found.schema}.${found.name}`;
  const retiring = { ...parent, defaultPartition: `${found.schema}.${found.name}` };
  const drop = dropStatements(retiring, found).slice(-1);
  return [
    { ...detachStatement(retiring, found), transaction, undo: "declare it again" },
    buildDefaultStatement(
      found,
      transaction,
      `ALTER TABLE ${quoteDefault(found)} ADD CONSTRAINT holds_nothing CHECK (false)`,
      {
        mode: "ACCESS EXCLUSIVE",
        undo: "not needed",
      },
    ),
    // It holds no row, so none is deleted.
    ...drop.map((statement): Statement => ({
      ...statement,
      transaction,
      hazards: statement.hazards.filter((hazard) => hazard !== "DELETES_DATA"),
      undo: "declare it again",
    })),
  ];
}

/**
 * Aligns the CHECK of a default partition with the attached ranges. If many rows have to be read for that, they are read under a
 * lock that blocks no reader or writer.
 */
export function repairStatements(shape: DefaultShape, wanted: NamedCheck | undefined): Statement[] {
  const label = `exclude ${shape.schema}.${shape.name}`;
  const there = wanted && shape.checks.find((check) => check.name === wanted.name);
  const stale = shape.checks.filter((check) => check.name !== wanted?.name);
  const add = wanted && !there ? [addDefaultCheck(shape, label, wanted, shape.few)] : [];
  const validated = there ? there.validated : shape.few;
  const validate =
    wanted && !validated ? [validateDefaultCheck(shape, `validate ${shape.schema}.${shape.name}`, wanted)] : [];
  return [...add, ...validate, ...stale.map((check) => dropDefaultCheck(shape, label, check))];
}
