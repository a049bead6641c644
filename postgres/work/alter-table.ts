import { formatNextName, listDeclaredExpressions } from "../../core/table/alter/constraint-changes";
import type { AlterStep, StepRecords } from "../../core/table/alter/step";
import type { OnViolation } from "../../core/table/alter/violation";
import { quote } from "../../core/names/identifier";
import type { RegisteredExpression } from "../../core/observed/registration";
import type { TableShape } from "../../core/declare/table/spec";
import type { Statement } from "../../core/sql/statement";
import { StatementError } from "../connect/session-errors";
import { type DeclaredEntry, recordExpressionsStatement } from "../registry/registry";
import type { WorkContext } from "./work-context";

/**
 * Changes an existing table, step by step. If killed after any of them, the next update continues from the state it finds. If
 * rows violate a new constraint, only what this product's updates have added of it is removed. The caller holds the table's lock.
 */
export async function alterTable(
  work: WorkContext,
  shape: TableShape,
  steps: readonly AlterStep[],
  recorded: readonly RegisteredExpression[],
): Promise<void> {
  const done: Statement[] = [];
  for (const [index, step] of steps.entries()) {
    work.log.status(`changing ${shape.schema}.${shape.table}: step ${index + 1} of ${steps.length}`);
    await perform(work, shape, step, recorded, done);
    done.push(...step.statements);
  }
}

/** Records everything declared, with its printed form, once the table is as declared. */
export function recordDeclared(work: WorkContext, shape: TableShape): Statement {
  const expressions = listDeclaredExpressions(shape);
  return recordExpressionsStatement(work.management, { ...toTableName(shape), expressions, changing: false });
}

async function perform(
  work: WorkContext,
  shape: TableShape,
  step: AlterStep,
  recorded: readonly RegisteredExpression[],
  done: readonly Statement[],
): Promise<void> {
  const options = { signal: work.signal, log: work.log, subject: `changing table "${shape.schema}.${shape.table}"` };
  const transaction = step.statements.at(-1)?.transaction;
  const records = step.records ? [{ ...recordAt(work, shape, step.records, recorded), transaction }] : [];
  try {
    await work.database.execute([...step.statements, ...records], options);
  } catch (error) {
    const failed = step.onViolation;
    if (!failed || !isRefused(error)) throw error;
    await takeBack(work, shape, failed, recorded, error);
    throw new Error(`${error.message}. ${describeOutcome(failed, done, error)}`, { cause: error });
  }
}

/** Removes what was added. The record comes with the last statement: if interrupted, the next update removes it. */
async function takeBack(
  work: WorkContext,
  shape: TableShape,
  { takeBack: statements, records }: OnViolation,
  recorded: readonly RegisteredExpression[],
  cause: StatementError,
): Promise<void> {
  const transaction = statements.at(-1)?.transaction;
  if (transaction === undefined) return;
  const record = records ? [{ ...recordAt(work, shape, records, recorded), transaction }] : [];
  const subject = "reverting the constraint that rows violate";
  try {
    await work.database.execute([...statements, ...record], { signal: work.signal, log: work.log, subject });
  } catch (error) {
    // If not removed it applies to new rows; the next update validates the old ones again.
    throw new Error(`${cause.message}; ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Describes the present state: what was removed, what remains, and what the same update has changed before. */
function describeOutcome(failed: OnViolation, done: readonly Statement[], error: StatementError): string {
  const { name, takeBack: statements, outcome, says } = failed;
  const gone = `ADD CONSTRAINT ${quote(name)} `;
  const stays = done
    .map((statement) => statement.sql)
    .filter((sql) => !/^(LOCK|DO) | VALIDATE CONSTRAINT /.test(sql))
    .filter((sql) => statements.length === 0 || !sql.includes(gone));
  const taken = statements.length > 0 && stays.length === 0 ? " and the table is as it was" : "";
  const before = stays.length > 0 ? ` Earlier changes of this update remain: ${stays.join("; ")}.` : "";
  if (error.sqlState === TAKEN)
    return `A partition has another one of that name, so ${JSON.stringify(name)} was reverted${taken}.${before} Declare it under another name`;
  return `${outcome}${taken}.${before} ${says}`;
}

/** Records the state at a step: while a check has two expressions, the old one has its name and the new one its next. */
function recordAt(
  work: WorkContext,
  shape: TableShape,
  { stillOld, added = [], notYet = [] }: StepRecords,
  recorded: readonly RegisteredExpression[],
): Statement {
  const declared = listDeclaredExpressions(shape)
    .filter((one) => !notYet.includes(`${one.kind} ${one.name}`))
    .flatMap((one): DeclaredEntry[] => {
      if (one.kind !== "check" || !stillOld.includes(one.name)) return [one];
      const old = recorded.find((known) => known.kind === "check" && known.name === one.name);
      const kept = old ? [{ kind: old.kind, name: old.name, declared: old.declared }] : [];
      return [...kept, { ...one, name: formatNextName(one.name) }];
    });
  const findAdded = (one: DeclaredEntry) => added.find((new_) => new_.kind === one.kind && new_.name === one.name);
  const expressions = [
    ...declared.filter((one) => !findAdded(one)),
    ...added.map(({ kind, name, declared: text, on }): DeclaredEntry => ({ kind, name, declared: text, added: on })),
  ];
  return recordExpressionsStatement(work.management, { ...toTableName(shape), expressions, changing: true });
}

function toTableName({ schema, table }: TableShape): { readonly schema: string; readonly table: string } {
  return { schema, table };
}

/** duplicate_object: a partition has a check of that name with another expression. */
const TAKEN = "42710";

/** check_violation, foreign_key_violation: errors about existing rows. */
const VIOLATIONS: readonly string[] = ["23514", "23503"];

function isRefused(error: unknown): error is StatementError {
  return (
    error instanceof StatementError && error.sqlState !== undefined && [...VIOLATIONS, TAKEN].includes(error.sqlState)
  );
}
