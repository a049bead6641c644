import { AUTOVACUUM_WAIT_MS, DEFAULT_LOCK_TIMEOUT_MS } from "../defaults";
import type { Statement } from "./statement";

/** Formats statements as preview prints them: one line each, and BEGIN and COMMIT around each transaction. */
export function formatStatementLines(statements: readonly Statement[]): string[] {
  const lines: string[] = [];
  let open: string | undefined;
  for (const statement of statements) {
    if (open !== undefined && statement.transaction !== open) lines.push("COMMIT;");
    if (statement.transaction !== undefined && statement.transaction !== open) lines.push("BEGIN;");
    open = statement.transaction;
    lines.push(formatStatement(statement));
  }
  if (open !== undefined) lines.push("COMMIT;");
  return lines;
}

/** Formats `ALTER TABLE …;  -- parent public.events SHARE UPDATE EXCLUSIVE | instant | lock_timeout 100 ms, tried again` */
function formatStatement(statement: Statement): string {
  return `${statement.sql.replace(/\n\s*/g, " ")};  -- ${formatTraits(statement)}`;
}

/** Formats what other sessions meet: locks, the time for which they are held, time-outs and hazards. */
export function formatTraits(
  statement: Pick<Statement, "locks" | "hold" | "timeouts" | "hazards" | "outwaitsAutovacuum">,
): string {
  const locks = formatLocks(statement);
  return [
    locks.length > 0 ? locks.join("; ") : "no lock that others see",
    statement.hold,
    ...(statement.timeouts === "strong"
      ? [
          `lock_timeout ${DEFAULT_LOCK_TIMEOUT_MS} ms, tried again` +
            (statement.outwaitsAutovacuum ? `, once ${AUTOVACUUM_WAIT_MS} ms if only autovacuum is in the way` : ""),
        ]
      : []),
    ...(statement.timeouts === "waiting" ? ["waits as long as it takes, stopping no session"] : []),
    ...statement.hazards.map((hazard) => (hazard === "LOCK_PARENT_AX" ? `${hazard}${formatTimes(statement)}` : hazard)),
  ].join(" | ");
}

/** If more partitions than this are under one lock, they are counted. */
const LISTED_PARTITIONS = 3;

/** Lists each relation by name, or by its role alone; many partitions by number. */
function formatLocks(statement: Pick<Statement, "locks">): string[] {
  const partitions = statement.locks.filter((lock) => lock.role === "partition");
  const named =
    partitions.length > LISTED_PARTITIONS
      ? statement.locks.filter((lock) => lock.role !== "partition")
      : statement.locks;
  return [
    ...named.map(({ role, relation, mode }) => [role, relation, mode].filter((part) => part !== "").join(" ")),
    ...(named === statement.locks ? [] : [`${partitions.length} partitions ${partitions[0]?.mode ?? ""}`]),
  ];
}

/** Returns the number of relations on which the strongest lock is taken at once. */
function formatTimes(statement: Pick<Statement, "locks">): string {
  const strongest = statement.locks.filter((lock) => lock.mode === "ACCESS EXCLUSIVE").length;
  return strongest > 1 ? ` x${strongest}` : "";
}
