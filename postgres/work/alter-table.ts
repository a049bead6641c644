import { nextName, declaredExpressions } from "../../core/alter/constraints";
import type { AlterStep } from "../../core/alter/step";
import type { RegisteredExpression } from "../../core/registration";
import type { TableShape } from "../../core/spec/spec";
import type { Statement } from "../../core/statements/statement";
import { StatementError } from "../errors";
import { recordExpressionsStatement } from "../registry";
import type { WorkContext } from "./context";

/**
 * Changes a table that exists, step by step. Killed after any of them, the next update goes on from what is there. Rows that
 * do not satisfy a new constraint take it back: the table is then as it was before this run. The caller holds the table's
 * lock.
 */
export async function alterTable(
  work: WorkContext,
  shape: TableShape,
  steps: readonly AlterStep[],
  recorded: readonly RegisteredExpression[],
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    work.log.status(`changing ${shape.schema}.${shape.table}: step ${index + 1} of ${steps.length}`);
    await perform(work, shape, step, recorded);
  }
}

/** How everything declared was declared and is printed, once the table is as declared. */
export function recordDeclared(work: WorkContext, shape: TableShape): Statement {
  return recordExpressionsStatement(work.management, { ...nameOf(shape), expressions: declaredExpressions(shape) });
}

async function perform(
  work: WorkContext,
  shape: TableShape,
  step: AlterStep,
  recorded: readonly RegisteredExpression[],
): Promise<void> {
  const options = { signal: work.signal, log: work.log, subject: `changing table "${shape.schema}.${shape.table}"` };
  const transaction = step.statements.at(-1)?.transaction;
  const records = step.records ? [{ ...recordAt(work, shape, step.records.stillOld, recorded), transaction }] : [];
  try {
    await work.database.execute([...step.statements, ...records], options);
  } catch (error) {
    if (!step.takeBack || !isViolation(error)) throw error;
    await takeBack(work, step.takeBack, error);
    throw new Error(
      `${error.message}. Rows that are there do not satisfy it, so it was taken back and the table is as it was: mend the rows, then run the update again`,
      { cause: error },
    );
  }
}

async function takeBack(work: WorkContext, statements: readonly Statement[], cause: StatementError): Promise<void> {
  const subject = "taking back what the rows do not satisfy";
  try {
    await work.database.execute(statements, { signal: work.signal, log: work.log, subject });
  } catch (error) {
    // Left as it is it holds for new rows; the next update reads the old ones again.
    throw new Error(`${cause.message}; ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** While a check has two expressions, the old one stands under its name and the new one under its next. */
function recordAt(
  work: WorkContext,
  shape: TableShape,
  stillOld: readonly string[],
  recorded: readonly RegisteredExpression[],
): Statement {
  const expressions = declaredExpressions(shape).flatMap((one) => {
    if (one.kind !== "check" || !stillOld.includes(one.name)) return [one];
    const old = recorded.find((known) => known.kind === "check" && known.name === one.name);
    return [...(old ? [old] : []), { ...one, name: nextName(one.name) }];
  });
  return recordExpressionsStatement(work.management, { ...nameOf(shape), expressions });
}

function nameOf({ schema, table }: TableShape): { readonly schema: string; readonly table: string } {
  return { schema, table };
}

/** check_violation, foreign_key_violation: what a VALIDATE says about rows. */
function isViolation(error: unknown): error is StatementError {
  return error instanceof StatementError && (error.sqlState === "23514" || error.sqlState === "23503");
}
