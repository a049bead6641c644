import type { ObservedTable, Observation } from "../../core/observed/observed-table";
import type { Problem } from "../../core/problems/problem";
import { type DeclaredCopy, type DeclaredSwitch, toSwitchedCopy } from "../../core/resources/conversion";
import { compareMarks } from "../../core/conversion/between/mark";
import { turnSides } from "../../core/conversion/switch/both-ways";
import { quoteRelationOf } from "../../core/conversion/between/pair";
import { compareInstants, formatInstant, type Instant } from "../../core/time/instant";
import type { BothDetail } from "../../postgres/conversion/copy-detail";
import { findOid } from "../../postgres/conversion/copy-status";
import { type CopyRecord, countPending, findCopyRecord } from "../../postgres/conversion/journal";
import { readMarks } from "../../postgres/conversion/pair-transaction";
import type { Database } from "../../postgres/database";
import type { Copyable } from "./copy-reading";
import { isSameTarget, readCopy } from "./read-copy";
import { refuseOtherTarget } from "./refuse-other-strategy";

/** Two tables that are captured, and kept equal both ways. */
export interface BothOpen {
  readonly kind: "both";
  /** The partitioned one. Undefined: it is gone. */
  readonly table: ObservedTable | undefined;
  readonly record: CopyRecord;
  readonly detail: BothDetail;
  /** Why it has to end. Undefined: it goes on. */
  readonly ends: string | undefined;
  /** True if changes may have been missed, so that nothing can be followed any more. */
  readonly isLost: boolean;
  /** Until when, as declared by now. */
  readonly until: string;
  /** Changes that are pending, up to a limit. */
  readonly pending: number;
  /** The clock that decides. */
  readonly now: Instant;
}

export type SwitchReading =
  /** Neither table exists. */
  | { readonly kind: "none" }
  /** The partitioned table exists, and nothing is captured any more. */
  | { readonly kind: "converted" }
  | BothOpen
  | { readonly kind: "refused"; readonly problems: readonly Problem[] }
  | Copyable;

/**
 * Reads how far a conversion is whose two tables stay.
 *
 * @param getNow the clock that decides: that of the database, or the declared one
 */
export async function readSwitch(
  database: Database,
  declared: DeclaredSwitch,
  getNow: (observation: Observation) => Instant,
): Promise<SwitchReading> {
  const { schema, from, table, key } = declared;
  const record = await findCopyRecord(database, { schema, table: from });
  const observation = await database.observe(schema, table, key);
  const { both } = record?.detail ?? {};
  const copied = toSwitchedCopy(declared);
  if (record && record.phase !== "ended" && !isSameTarget(copied, record))
    return { kind: "refused", problems: [refuseOtherTarget({ schema, table: from }, record.detail.switchTo)] };
  if (record && both && record.phase !== "ended")
    return readBoth(database, { record, both }, observation.table, {
      until: declared.rollbackUntil,
      now: getNow(observation),
    });
  const isCopy = record !== undefined && record.phase !== "ended" && record.targetOid === observation.table?.oid;
  if (observation.table?.kind === "partitioned" && !isCopy) return { kind: "converted" };
  const plain = (await database.observe(schema, from, key)).table;
  if (plain?.kind === "partitioned") return { kind: "refused", problems: [refusePartitioned(declared)] };
  const reading = await readCopy(database, copied, getNow);
  switch (reading.kind) {
    case "none":
    case "copyable":
    case "refused":
      return reading;
    case "converted":
    case "returning":
      return { kind: "refused", problems: [refusePartitioned(declared)] };
  }
}

/** Reads the same of a conversion that the journal knows, by the clock of the database. Undefined: they are not kept equal. */
export async function findBoth(database: Database, declared: DeclaredCopy): Promise<BothOpen | undefined> {
  const { schema, table, key, switchTo, rollbackUntil: until } = declared;
  const record = await findCopyRecord(database, { schema, table });
  const { both } = record?.detail ?? {};
  if (!record || !both || record.phase === "ended" || !switchTo) return undefined;
  database.invalidate(schema, switchTo.table);
  const observation = await database.observe(schema, switchTo.table, key);
  return readBoth(database, { record, both }, observation.table, { until, now: observation.now });
}

/** Reads whether both can still be kept equal. Reads no row. */
async function readBoth(
  database: Database,
  { record, both }: { readonly record: CopyRecord; readonly both: BothDetail },
  table: ObservedTable | undefined,
  { until, now }: { readonly until: Instant | undefined; readonly now: Instant },
): Promise<BothOpen> {
  const { pair } = both;
  const isGone =
    (await findOid(database, quoteRelationOf(pair.source))) !== record.sourceOid ||
    (await findOid(database, quoteRelationOf(pair.target))) !== record.targetOid;
  const isAltered =
    compareMarks(record.marks, await readMarks(database, pair)) === "broken" ||
    compareMarks(both.backMarks, await readMarks(database, turnSides(pair))) === "broken";
  const isPast = until === undefined || compareInstants(until, now) <= 0;
  const ends = isGone
    ? "one of both tables was dropped or renamed"
    : isAltered
      ? ALTERED
      : until === undefined
        ? "convertFrom.rollbackUntil is not declared any more"
        : isPast
          ? `convertFrom.rollbackUntil, ${formatInstant(until)}, has passed`
          : undefined;
  return {
    kind: "both",
    table,
    record,
    detail: both,
    ends,
    isLost: isGone || isAltered,
    until: until === undefined ? both.until : formatInstant(until),
    pending: await countPending(database, pair.source.schema, record),
    now,
  };
}

/** The words of two tables whose changes may have been missed. */
export const ALTERED =
  "one of both tables, or a trigger that captures its changes, was altered, so changes may have been missed";

function refusePartitioned({ schema, from }: DeclaredSwitch): Problem {
  return {
    path: "convertFrom.table",
    code: "conflict",
    message: `"${schema}.${from}" is partitioned already.`,
    fix: "Name a plain table, or remove convertFrom.",
  };
}
