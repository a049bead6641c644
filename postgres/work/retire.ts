import { branchShape } from "../../core/levels/create-branch";
import type { Retirement } from "../../core/plan/retiring";
import { statementsOfRetirement } from "../../core/plan/statements";
import { finalizeStatement } from "../../core/statements/retire";
import type { ParentShape } from "../../core/statements/parent";
import type { Statement } from "../../core/statements/statement";
import { formatInstant, type Instant } from "../../core/time/instant";
import { explainedDrop } from "../dependents";
import { StatementError } from "../errors";
import { assertDroppableStatement, assertEmptyStatement, ledgerStatement } from "../registry";
import { assertArchivedStatement } from "../archive-records";
import type { WorkContext } from "./context";

/**
 * Retires one partition by one step. The only way in the product by which a partition leaves its table or is dropped; the
 * caller holds the table's lock and has just decided on fresh facts.
 *
 * @param at when it takes effect, by the clock that decides about graces
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
        `"${retirement.partition}" is not archived by this way: it takes long, and is done outside the lock`,
      );
  }
}

/**
 * The intent is written first: killed between the two, the table is still known as ours, with its promise of a drop, and the
 * next update writes the end.
 */
async function detach(work: WorkContext, parent: ParentShape, retirement: Retirement, at: Instant): Promise<void> {
  const subject = `detaching partition "${retirement.partition}" of "${parent.schema}.${parent.table}"`;
  const options = { signal: work.signal, log: work.log, subject };
  const detail = {
    ...(retirement.dropAfter ? { dropAfter: formatInstant(retirement.dropAfter) } : {}),
    ...(retirement.toArchive ? { archive: true as const } : {}),
  };
  const entry = {
    schema: parent.schema,
    table: parent.table,
    partition: retirement.partition,
    partitionSchema: retirement.schema,
    ...(retirement.branch === undefined ? {} : { branch: retirement.branch }),
    bounds: retirement.bounds,
    run: work.run,
  };
  const note = (event: "detaching" | "detached"): Statement => ({
    ...ledgerStatement(work.management, { ...entry, event, effectiveAt: at, detail }),
    transaction: `${event} ${retirement.schema}.${retirement.partition}`,
  });
  // Beside a default partition DETACH is not CONCURRENTLY: then the change and its entries are one transaction.
  const whole = parent.defaultPartition !== undefined && retirement.verb === "detach";
  if (retirement.verb === "detach" && !whole) await work.database.execute([note("detaching")], options);
  const leaf = { schema: retirement.schema, name: retirement.partition };
  const above = retirement.parent ? branchShape(parent, retirement.parent) : parent;
  const [statement] = statementsOfRetirement(parent, retirement);
  try {
    if (statement && whole) {
      const { transaction = `detach ${retirement.schema}.${retirement.partition}` } = statement;
      const entries = [note("detaching"), statement, note("detached")];
      await work.database.execute(
        entries.map((one) => ({ ...one, transaction })),
        options,
      );
      return;
    }
    if (statement)
      await work.database.detach(
        { schema: above.schema, table: above.table, leaf, statement, finalize: finalizeStatement(above, leaf) },
        options,
      );
  } catch (error) {
    throw isReferred(error) ? new Error(`${error.message}. ${NEWLY_REFERRED}`, { cause: error }) : error;
  }
  await work.database.execute([note("detached")], options);
}

const NEWLY_REFERRED =
  "It stays attached: rows that refer to it came while it was about to leave; the next update looks again";

/** foreign_key_violation: the server has found what was not there when it was counted, or what we may not read. */
function isReferred(error: unknown): error is StatementError {
  return error instanceof StatementError && error.sqlState === "23503";
}

/** Lock, proof, drop and ledger in one transaction: what was proved still holds when the table goes. */
async function drop(work: WorkContext, parent: ParentShape, retirement: Retirement, at: Instant): Promise<void> {
  if (retirement.toArchive && !retirement.archived)
    throw new Error(`"${retirement.schema}.${retirement.partition}" is to be archived first: it is not dropped`);
  // What takes as long as the table is large was counted before, without a lock: see archive/check-archive.ts.
  const statements = statementsOfRetirement(parent, retirement).filter(({ transaction }) => transaction !== undefined);
  const transaction = statements[0]?.transaction;
  const target = { schema: retirement.schema, name: retirement.partition, oid: retirement.oid };
  const record = ledgerStatement(work.management, {
    schema: parent.schema,
    table: parent.table,
    partition: retirement.partition,
    partitionSchema: retirement.schema,
    ...(retirement.branch === undefined ? {} : { branch: retirement.branch }),
    bounds: retirement.bounds,
    event: "dropped",
    effectiveAt: at,
    run: work.run,
    detail: {},
  });
  // There is no LOCK TABLE for a foreign table.
  const locks = retirement.foreign ? 0 : 1;
  const dropping = work.database.execute(
    [
      ...statements.slice(0, locks),
      { ...assertDroppableStatement(work.management, target), transaction },
      ...(retirement.archived
        ? [{ ...assertArchivedStatement(work.management, target, retirement.archived.manifest), transaction }]
        : []),
      ...(retirement.onlyEmpty ? [{ ...assertEmptyStatement(work.management, target), transaction }] : []),
      { ...record, transaction },
      ...statements.slice(locks),
    ],
    { signal: work.signal, log: work.log, subject: `dropping "${retirement.schema}.${retirement.partition}"` },
  );
  try {
    await dropping;
  } catch (error) {
    throw await explainedDrop(work.database, retirement, error);
  }
}
