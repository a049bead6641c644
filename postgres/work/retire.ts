import { deriveBranchShape } from "../../core/partition/branch/branch-steps";
import {
  type Detach,
  type Drop,
  type DropNeeds,
  getPromisedDropDay,
  type Finalize,
  type Retirement,
} from "../../core/plan/retire/retiring";
import { buildRetirementStatements } from "../../core/plan/create/step-statements";
import { finalizeStatement } from "../../core/partition/statements/retire-statements";
import type { ParentShape } from "../../core/partition/carry/parent";
import type { Statement } from "../../core/sql/statement";
import { formatInstant, type Instant } from "../../core/time/instant";
import { explainDrop } from "../read/dependents";
import { StatementError } from "../connect/session-errors";
import { assertDroppableStatement, assertEmptyTableStatement } from "../registry/registry";
import { recordLedgerStatement } from "../registry/ledger";
import { assertArchivedStatement } from "../archive/archive-records";
import type { WorkContext } from "./work-context";

/**
 * Retires one partition by one step. No other code of the product detaches or drops a partition; the caller holds the table's
 * lock and has just decided on fresh facts.
 *
 * @param at time of effect, by the clock that decides about grace periods
 */
export async function retire(
  work: WorkContext,
  parent: ParentShape,
  retirement: Retirement,
  at: Instant,
): Promise<void> {
  switch (retirement.verb) {
    case "finalize":
    case "detach":
      return detach(work, parent, retirement, at);
    case "drop":
      return drop(work, parent, retirement, at);
    case "archive":
      throw new Error(
        `"${retirement.table.name}" is not archived by this way: it takes long, and is done outside the lock`,
      );
  }
}

/**
 * Detaches a partition. The intent is recorded first: killed in between, the table is still known as managed by this stack, with
 * its promise of a drop, and the next update records the end.
 */
async function detach(work: WorkContext, parent: ParentShape, step: Detach | Finalize, at: Instant): Promise<void> {
  const { table } = step;
  const subject = `detaching partition "${table.name}" of "${parent.schema}.${parent.table}"`;
  const options = { signal: work.signal, log: work.log, subject };
  const day = getPromisedDropDay(step);
  const detail = {
    ...(day ? { dropAfter: formatInstant(day) } : {}),
    ...(step.promise.kind === "archive" ? { archive: true as const } : {}),
  };
  const entry = {
    schema: parent.schema,
    table: parent.table,
    partition: table.name,
    partitionSchema: table.schema,
    ...(table.branch === undefined ? {} : { branch: table.branch }),
    bounds: table.bounds,
    run: work.run,
  };
  const buildEntry = (event: "detaching" | "detached"): Statement => ({
    ...recordLedgerStatement(work.management, { ...entry, event, effectiveAt: at, detail }),
    transaction: `${event} ${table.schema}.${table.name}`,
  });
  // With a default partition DETACH is not CONCURRENTLY: then the change and its entries are one transaction.
  const whole = parent.defaultPartition !== undefined && step.verb === "detach";
  if (step.verb === "detach" && !whole) await work.database.execute([buildEntry("detaching")], options);
  const partition = { schema: table.schema, name: table.name };
  const above = table.parent ? deriveBranchShape(parent, table.parent) : parent;
  const [statement] = buildRetirementStatements(parent, step);
  try {
    if (statement && whole) {
      const { transaction = `detach ${table.schema}.${table.name}` } = statement;
      const entries = [buildEntry("detaching"), statement, buildEntry("detached")];
      await work.database.execute(
        entries.map((one) => ({ ...one, transaction })),
        options,
      );
      return;
    }
    if (statement)
      await work.database.detach(
        {
          schema: above.schema,
          table: above.table,
          partition,
          statement,
          finalize: finalizeStatement(above, partition),
        },
        options,
      );
  } catch (error) {
    throw isReferred(error) ? new Error(`${error.message}. ${NEWLY_REFERRED}`, { cause: error }) : error;
  }
  await work.database.execute([buildEntry("detached")], options);
}

const NEWLY_REFERRED =
  "It remains attached: rows that refer to it came during the retirement; the next update checks again";

/** foreign_key_violation: rows that refer to it were added since the count, or are in a table that the role may not read. */
function isReferred(error: unknown): error is StatementError {
  return error instanceof StatementError && error.sqlState === "23503";
}

/** Drops a table. Lock, proof, drop and ledger are one transaction: the proof still holds at the drop. */
async function drop(work: WorkContext, parent: ParentShape, step: Drop, at: Instant): Promise<void> {
  const { needs, table } = step;
  if (needs.kind === "archive to come")
    throw new Error(`"${table.schema}.${table.name}" is to be archived first: it is not dropped`);
  // Checks whose time grows with the table were done before, without a lock: see archive/export/check-archive.ts.
  const statements = buildRetirementStatements(parent, step).filter(({ transaction }) => transaction !== undefined);
  const transaction = statements[0]?.transaction;
  const target = { schema: table.schema, name: table.name, oid: table.oid };
  const record = recordLedgerStatement(work.management, {
    schema: parent.schema,
    table: parent.table,
    partition: table.name,
    partitionSchema: table.schema,
    ...(table.branch === undefined ? {} : { branch: table.branch }),
    bounds: table.bounds,
    event: "dropped",
    effectiveAt: at,
    run: work.run,
    detail: {},
  });
  // LOCK TABLE does not accept a foreign table.
  const locks = table.foreign ? 0 : 1;
  const dropping = work.database.execute(
    [
      ...statements.slice(0, locks),
      { ...assertDroppableStatement(work.management, target), transaction },
      ...buildProofs(work, target, needs).map((one) => ({ ...one, transaction })),
      { ...record, transaction },
      ...statements.slice(locks),
    ],
    { signal: work.signal, log: work.log, subject: `dropping "${table.schema}.${table.name}"` },
  );
  try {
    await dropping;
  } catch (error) {
    throw await explainDrop(work.database, table, error);
  }
}

/** Returns the statements that prove, under the lock, that the table may be dropped. */
function buildProofs(
  work: WorkContext,
  target: Parameters<typeof assertArchivedStatement>[1],
  needs: DropNeeds,
): Statement[] {
  switch (needs.kind) {
    case "archive":
      return [assertArchivedStatement(work.management, target, needs.archived.manifest)];
    case "no rows":
      return [assertEmptyTableStatement(work.management, target)];
    case "nothing":
    case "archive to come":
      return [];
  }
}
