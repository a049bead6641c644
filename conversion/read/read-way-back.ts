import { findPrimaryKey } from "../../core/conversion/attach/attach-source";
import { compareMarks } from "../../core/conversion/between/mark";
import { namePair } from "../../core/conversion/between/pair";
import type { ObservedTable } from "../../core/observed/observed-table";
import type { DeclaredCopy } from "../../core/resources/conversion";
import { compareInstants, formatInstant, type Instant } from "../../core/time/instant";
import type { WayBackDetail } from "../../postgres/conversion/copy-detail";
import { type CopyRecord, countPending, isWayBackOpen } from "../../postgres/conversion/journal";
import { readMarks } from "../../postgres/conversion/pair-transaction";
import type { Database } from "../../postgres/database";

/** A way back that is open: the former table is kept current. */
export interface WayBack {
  readonly table: ObservedTable;
  readonly record: CopyRecord;
  readonly detail: WayBackDetail;
  /** Why it has to be closed. Undefined: it stays open. */
  readonly ends: string | undefined;
  /** When it closes, as declared by now. */
  readonly until: string;
  /** Changes that are pending, up to a limit. */
  readonly pending: number;
  /** The clock that decides. */
  readonly now: Instant;
}

/** Reads whether a way back is open, and still may be. Reads no row of the table. */
export async function readWayBack(
  database: Database,
  { schema, rollbackUntil }: DeclaredCopy,
  table: ObservedTable,
  record: CopyRecord,
  now: Instant,
): Promise<WayBack | undefined> {
  const { back } = record.detail;
  if (!back || !isWayBackOpen(record)) return undefined;
  const names = { source: table.name, target: record.detail.former, pending: back.pending };
  const pair = { ...namePair(schema, names), partitioned: true };
  const altered = compareMarks(record.marks, await readMarks(database, pair)) === "broken";
  const key = findPrimaryKey(table)?.columns ?? [];
  return {
    table,
    record,
    detail: back,
    ends: explainEnd(rollbackUntil, now, altered || key.join("\0") !== back.key.join("\0")),
    until: rollbackUntil ? formatInstant(rollbackUntil) : back.until,
    pending: await countPending(database, schema, record),
    now,
  };
}

/** The words of a way back whose changes may have been missed. */
export const ALTERED =
  "the table, the former table or the triggers that capture its changes were altered, so changes may have been missed";

function explainEnd(until: Instant | undefined, now: Instant, altered: boolean): string | undefined {
  if (!until) return "convertFrom.rollbackUntil is not declared any more";
  if (compareInstants(until, now) <= 0) return `convertFrom.rollbackUntil, ${formatInstant(until)}, has passed`;
  return altered ? ALTERED : undefined;
}
