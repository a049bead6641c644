import { quoteQualified } from "../../names/identifier";
import type { DetachedTable } from "../../observed/ledger";
import type { WindowSpec } from "../../declare/table/spec";
import { compareInstants, formatInstant, type Instant } from "../../time/instant";
import { explainMissingBackup } from "./backup-guard";
import { describeConfirmation, isConfirmed, explainOdd } from "./confirmation";
import { explainNotDroppable } from "./dependents";
import type { Candidate, GuardFacts, Reason } from "./guard";
import { describeHold, findHold } from "./hold-on";
import { explainRestored, explainNotDropped } from "./pins";
import { explainReferring } from "./referring";
import { explainNotArchived } from "./retiring";

/** Guards of one partition or table by its state and its dependents. They keep no half-finished detach. */

/** Keeps every partition of a table whose conversion may still be taken back: its rows would not be in the plain table. */
export function wayBack({ kind }: Candidate, { observation: { table } }: GuardFacts): Reason | undefined {
  if (kind !== "attached" && kind !== "empty") return undefined;
  return toReason(table?.wayBack && `its conversion ${table.wayBack} (convertFrom.rollbackUntil)`);
}

/** Keeps a history whose rows are being copied into partitions of their own: those expire one by one. */
export function split(candidate: Candidate): Reason | undefined {
  if (candidate.kind !== "attached") return undefined;
  return toReason(
    candidate.partition.splitting ? "its rows are being split into partitions (convertFrom.split)" : undefined,
  );
}

export function hold({ kind, step }: Candidate, { spec, now }: GuardFacts): Reason | undefined {
  const found = kind === "interrupted" ? undefined : findHold(spec, step.table.bounds, now);
  return found && { reason: describeHold(found) };
}

export function restored(candidate: Candidate, { spec, observation, now }: GuardFacts): Reason | undefined {
  if (candidate.kind !== "attached") return undefined;
  const { ledger } = observation;
  return toReason(
    explainRestored(spec, candidate.partition, ledger, now) ?? explainNotDropped(spec, candidate.partition, ledger),
  );
}

/** Keeps a foreign table: its rows are elsewhere, and do not belong in an archive of this database. */
export function foreign(candidate: Candidate, { spec }: GuardFacts): Reason | undefined {
  if (candidate.kind !== "attached" && candidate.kind !== "detached") return undefined;
  const { table } = candidate.step;
  const archived = spec.onExpire === "archive" || (candidate.kind === "detached" && candidate.table.toArchive === true);
  if (!archived || !table.foreign) return undefined;
  if (candidate.kind === "detached") return toReason(explainNotArchived(table, undefined));
  const above = quoteQualified(table.parent?.schema ?? spec.schema, table.parent?.name ?? spec.table);
  return toReasonBehind(explainNotArchived(table, above));
}

/** Keeps partitions that had expired on the day of adoption; the others are under the declared rule from then on. */
export function adopted({ kind, step }: Candidate, { spec, observation }: GuardFacts): Reason | undefined {
  const { bounds, oid } = step.table;
  if (kind !== "attached" || isConfirmed(bounds, spec, observation.ledger)) return undefined;
  const history = observation.ledger.filter((entry) => entry.oid === oid);
  const waits =
    history.length === 0 ||
    history.some(({ event, detail }) => event === "adopted" && detail.expiredAtAdoption === true);
  return waits ? toReason(`had expired before this table was adopted; ${describeConfirmation(bounds)}`) : undefined;
}

export function odd({ kind, step }: Candidate, { spec, observation }: GuardFacts): Reason | undefined {
  const { bounds } = step.table;
  if (kind === "interrupted" || isConfirmed(bounds, spec, observation.ledger)) return undefined;
  const why = explainOdd(spec, step.table);
  return why === undefined ? undefined : toReasonBehind(`${why}; ${describeConfirmation(bounds)}`);
}

/** Keeps a table whose time of detach is not known: no period counted from it can be over. */
export function unrecorded(candidate: Candidate, { spec }: GuardFacts): Reason | undefined {
  const table = findTableToDrop(candidate);
  const counts = spec.grace !== undefined || spec.requireBackupSince !== undefined;
  return table?.unrecorded && counts ? toReason("its detach is recorded first") : undefined;
}

export function archive(candidate: Candidate, { spec }: GuardFacts): Reason | undefined {
  const table = findTableToDrop(candidate);
  return table && !getDropDay(spec, table)
    ? toReason('to be archived, which onExpire "drop" does not do: it is retained')
    : undefined;
}

export function grace(candidate: Candidate, { spec, now }: GuardFacts): Reason | undefined {
  const table = findTableToDrop(candidate);
  const day = table && getDropDay(spec, table);
  return day && compareInstants(day, now) > 0 ? toReason(`its grace ends ${formatInstant(day)}`) : undefined;
}

export function backup(candidate: Candidate, facts: GuardFacts): Reason | undefined {
  const table = findTableToDrop(candidate);
  return table && toReason(explainMissingBackup(facts.spec, table, facts.backup, facts.now));
}

/** Keeps a partition with referring rows: PostgreSQL itself would refuse to detach it, half-way. An archive only reads. */
export function referred({ kind, step }: Candidate, { referring }: GuardFacts): Reason | undefined {
  if (kind === "interrupted" || step.verb === "archive") return undefined;
  return toReasonBehind(explainReferring(step.table.oid, referring));
}

/** Keeps a partition attached that could not be dropped in the end: its rows stay where readers expect them. */
export function dependents({ kind, step }: Candidate, facts: GuardFacts): Reason | undefined {
  const { verb, table } = step;
  const ends = verb === "drop" || (verb === "detach" && (facts.spec.onExpire !== "detach" || kind === "empty"));
  const why = ends
    ? explainNotDroppable({ schema: table.schema, partition: table.name }, facts.dependents.get(table.oid))
    : undefined;
  if (why === undefined) return undefined;
  const stays = verb === "detach" ? "remains attached, because it could not be dropped afterwards" : "is not dropped";
  return toReasonBehind(`${stays}: ${why}, and the next update continues`);
}

/** Returns a table that was detached before and would be dropped now. */
function findTableToDrop(candidate: Candidate): DetachedTable | undefined {
  return candidate.kind === "detached" && candidate.step.verb === "drop" ? candidate.table : undefined;
}

/** Returns the day of the drop; a table to be archived is dropped only with its archive. */
function getDropDay({ onExpire }: WindowSpec, table: DetachedTable): Instant | undefined {
  return onExpire === "archive" || table.toArchive ? table.archived?.dropAfter : table.dropAfter;
}

function toReason(reason: string | undefined): Reason | undefined {
  return reason === undefined ? undefined : { reason };
}

function toReasonBehind(reason: string | undefined): Reason | undefined {
  return reason === undefined ? undefined : { reason, behind: true };
}
