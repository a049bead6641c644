import {
  DEFAULT_LOCK_BUDGET_MS,
  DEFAULT_LOCK_TIMEOUT_MS,
  DEFAULT_STATEMENT_TIMEOUT_MS,
  DEFAULT_WAIT_BUDGET_MS,
} from "../../core/defaults";
import type { Statement, TimeoutClass } from "../../core/sql/statement";
import type { DatabaseConfig } from "../connect/database-config";

/** Time limits for one database. */
export interface Patience {
  readonly lockTimeoutMs: number;
  readonly lockBudgetMs: number;
  readonly waitBudgetMs: number;
}

/** Time-outs in milliseconds; both always finite. */
export interface Timeouts {
  readonly lock: number;
  readonly statement: number;
}

export function getPatience(config: DatabaseConfig): Patience {
  return {
    lockTimeoutMs: config.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS,
    lockBudgetMs: config.lockBudgetMs ?? DEFAULT_LOCK_BUDGET_MS,
    waitBudgetMs: config.waitBudgetMs ?? DEFAULT_WAIT_BUDGET_MS,
  };
}

/** Returns the class of a transaction, that of its strongest statement: limits of one apply to all. */
export function findClass(statements: readonly Statement[]): TimeoutClass {
  return RANKING.find((candidate) => statements.some((statement) => statement.timeouts === candidate)) ?? "light";
}

const RANKING: readonly TimeoutClass[] = ["strong", "waiting", "light"];

/** Returns the time-outs of one statement in a transaction of a class. */
export function chooseTimeouts(statement: Statement, group: TimeoutClass, patience: Patience): Timeouts {
  switch (group) {
    case "strong":
      return { lock: patience.lockTimeoutMs, statement: chooseStrongTimeout(statement, patience) };
    case "waiting":
      // Stopped half-way it would leave something behind, so its limit is the whole budget.
      return { lock: patience.waitBudgetMs, statement: patience.waitBudgetMs };
    case "light":
      // Shorter than the statement's, so that the error names a lock.
      return { lock: DEFAULT_STATEMENT_TIMEOUT_MS / 2, statement: DEFAULT_STATEMENT_TIMEOUT_MS };
  }
}

/**
 * Returns the time for a statement: one that copies or reads a partition under its lock may take long, but waits for the lock as
 * briefly as the others.
 */
function chooseStrongTimeout(statement: Statement, patience: Patience): number {
  if (statement.hold === "grows with rows") return patience.waitBudgetMs;
  return queuesTwice(statement) ? patience.lockTimeoutMs : DEFAULT_STATEMENT_TIMEOUT_MS;
}

/**
 * Divides lock_timeout for a transaction that locks a table with its partitions and then queues for a referenced table: writers
 * of the first wait for both, so the waits share one lock_timeout.
 */
export function sharePatience(statements: readonly Statement[], patience: Patience): Patience {
  const first = statements.findIndex((statement) => statement.oneWait);
  if (first < 0) return patience;
  const later = statements.slice(first + 1).flatMap((statement) => statement.locks);
  const referenced = new Set(later.filter((lock) => lock.role === "referenced").map((lock) => lock.relation));
  return { ...patience, lockTimeoutMs: Math.ceil(patience.lockTimeoutMs / (1 + referenced.size)) };
}

/**
 * Returns true if a statement is limited to the time of one wait. lock_timeout bounds each wait, not their sum: with two
 * referenced tables the writers of the first could wait for both. Cut by that limit, it is tried again like any other.
 */
export function queuesTwice(statement: Statement): boolean {
  const others = statement.locks.filter((lock) => lock.role === "referenced" || lock.role === "referring");
  const referenced = new Set(others.map((lock) => lock.relation));
  if (statement.oneWait) return true;
  return (
    statement.timeouts === "strong" &&
    statement.hold !== "grows with rows" &&
    !statement.hazards.includes("SCAN_DEFAULT") &&
    !statement.hazards.includes("SCAN_REFERRING") &&
    referenced.size > 1
  );
}
