import { setTimeout as sleep } from "node:timers/promises";
import type { Statement } from "../../core/sql/statement";
import { type Blocker, describeBlockers } from "./blockers";
import type { Connections } from "../connect/connections";
import { Cancelled, LockBudgetExceeded, runRead, StatementError } from "../connect/session-errors";
import type { ExecuteOptions } from "./execute-options";
import { executeStatements } from "./executor";
import { faultpoint } from "../connect/faultpoint";
import { query } from "../queries";
import { NOTHING_CHANGED } from "./retry";
import type { Patience } from "./timeouts";

export interface DetachRequest {
  readonly schema: string;
  readonly table: string;
  readonly partition: { readonly schema: string; readonly name: string };
  /** DETACH … CONCURRENTLY. Not run if the detach is half done already. */
  readonly statement: Statement;
  /** DETACH … FINALIZE. */
  readonly finalize: Statement;
}

/**
 * Detaches a partition concurrently so that no session waits for it longer than lock_timeout. The server's own wait for old
 * transactions cannot be cut without leaving the detach half done, so the waiting is done here first, without locks. A half-done
 * detach, found at the start or after a cut, is completed by FINALIZE; it is tried with short time-outs, because it waits with
 * the partition locked and may queue for the referenced tables.
 */
export async function detachPartition(
  connections: Connections,
  patience: Patience,
  request: DetachRequest,
  options: ExecuteOptions,
): Promise<void> {
  const deadline = performance.now() + patience.lockBudgetMs;
  for (;;) {
    const state = await readState(connections, request);
    if (state === "detached") return;
    if (state === "pending") return finalize(connections, patience, request, options);
    await waitForOldTransactions(connections, patience, request, options, deadline);
    await faultpoint(`before detach ${request.partition.schema}.${request.partition.name}`);
    try {
      await executeStatements(connections, patience, [request.statement], options);
    } catch (error) {
      if (!isCut(error)) throw error;
      await faultpoint(`detach cut ${request.partition.schema}.${request.partition.name}`);
      // Cut before the end of its first phase, it has had no effect: it starts again while there is time.
      if ((await readState(connections, request)) === "attached") {
        if (performance.now() > deadline) throw error;
        if (isReadTooLong(error, request.statement)) throw new Error(explainTooLong(options), { cause: error });
        // Sessions that queued behind it go first.
        await pause(patience.lockTimeoutMs, options);
      }
      options.log.status(`${options.subject}: cut by a lock, continuing`);
    }
  }
}

/** Returns true if a scan of the referring tables was cut: a second one would take as long, and block their writers again. */
function isReadTooLong(error: unknown, statement: Statement): boolean {
  return statement.hazards.includes("SCAN_REFERRING") && error instanceof StatementError;
}

function explainTooLong(options: ExecuteOptions): string {
  return (
    `${options.subject}: the server searches other tables for rows that refer to it while their writers wait, and did not end in time. ` +
    `${NOTHING_CHANGED} Give the referring columns an index, or drop the foreign key, then run the update again`
  );
}

async function finalize(
  connections: Connections,
  patience: Patience,
  request: DetachRequest,
  options: ExecuteOptions,
): Promise<void> {
  await faultpoint(`before finalize ${request.partition.schema}.${request.partition.name}`);
  try {
    await executeStatements(connections, patience, [request.finalize], options);
  } catch (error) {
    if (!(error instanceof LockBudgetExceeded)) throw error;
    const message = error.message.replace(NOTHING_CHANGED, HALF_DONE);
    throw new LockBudgetExceeded(message, error.cause);
  }
}

const HALF_DONE = "The partition is half detached: queries no longer see its rows. The next update finishes it first.";

/** Returns true if a time-out, a deadlock or a lock stopped the detach, and not a mistake. */
function isCut(error: unknown): boolean {
  return error instanceof LockBudgetExceeded || (error instanceof StatementError && error.sqlState === "57014");
}

async function readState(
  connections: Connections,
  request: DetachRequest,
): Promise<"attached" | "pending" | "detached"> {
  const values = [request.partition.schema, request.partition.name];
  const subject = `looking whether "${request.partition.schema}"."${request.partition.name}" is attached`;
  const rows = await runRead(subject, async () =>
    (await connections.getServiceSession()).query(query("detach-pending"), values),
  );
  if (rows[0] === undefined) return "detached";
  return rows[0]["pending"] === true ? "pending" : "attached";
}

/**
 * Waits until no transaction that holds a lock on the table is older than lock_timeout: one that two looks that far apart have
 * seen. This needs no right to see the age of other roles' transactions.
 */
async function waitForOldTransactions(
  connections: Connections,
  patience: Patience,
  request: DetachRequest,
  options: ExecuteOptions,
  deadline: number,
): Promise<void> {
  let before = new Map((await readHolders(connections, request)).map((holder) => [holder.transaction, holder]));
  let told = false;
  while (before.size > 0) {
    await pause(patience.lockTimeoutMs, options);
    const now = new Map((await readHolders(connections, request)).map((holder) => [holder.transaction, holder]));
    const old = [...now.values()].filter((holder) => before.has(holder.transaction));
    if (old.length === 0) return;
    if (performance.now() > deadline) throw new LockBudgetExceeded(giveUp(options, patience, old), undefined);
    if (!told) options.log.status(`${options.subject}: waiting for ${describeBlockers(old)}`);
    told = true;
    before = now;
  }
}

interface Holder extends Blocker {
  /** Virtual transaction id: a new one for each transaction. */
  readonly transaction: string;
}

async function readHolders(connections: Connections, request: DetachRequest): Promise<Holder[]> {
  const rows = await runRead(`looking for old transactions on "${request.schema}"."${request.table}"`, async () =>
    (await connections.getServiceSession()).query(query("locks/lock-holders"), [request.schema, request.table]),
  );
  // The query names the columns of Holder.
  return rows as unknown as Holder[];
}

function giveUp(options: ExecuteOptions, patience: Patience, old: readonly Blocker[]): string {
  return (
    `${options.subject}: an older transaction uses the table, and a detach would have to wait for it; waited ` +
    `${Math.round(patience.lockBudgetMs / 1000)} s for ${describeBlockers(old)}. ` +
    `${NOTHING_CHANGED} End that session or let it finish, then run the update again.`
  );
}

async function pause(milliseconds: number, options: ExecuteOptions): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal: options.signal });
  } catch (error) {
    throw new Cancelled(options.subject, error);
  }
}
