import { findConversion, type RecordedConversion } from "../../core/conversion/back/back-source";
import { findPrimaryKey } from "../../core/conversion/attach/attach-source";
import type { CopyShape } from "../../core/conversion/copy/align-copy";
import { findReturnProblems } from "../../core/conversion/copy/return-problems";
import { nameBackPending } from "../../core/conversion/copy/say-way-back";
import { withoutCapture } from "../../core/conversion/copy/without-capture";
import { findOpenProblems } from "../../core/conversion/reopen/open-problems";
import { chooseFormerKey, chooseStorage, type OpenSource } from "../../core/conversion/reopen/open-source";
import { fitIdentifier } from "../../core/names/identifier";
import type { ObservedTable } from "../../core/observed/observed-table";
import { cutBelow } from "../../core/partition/branch/new-branches";
import type { Problem } from "../../core/problems/problem";
import type { DeclaredCopy } from "../../core/resources/conversion";
import { compareInstants, formatInstant, type Instant } from "../../core/time/instant";
import { findKeyKind } from "../../core/time/key";
import type { CopyRecord } from "../../postgres/conversion/journal";
import { isOpening } from "../../postgres/conversion/journal-opening";
import type { Database } from "../../postgres/database";
import { readConversionSource } from "../../postgres/read/conversion-source";
import { readLockCapacity } from "../../postgres/read/lock-capacity";
import { listMissingRights } from "../../postgres/read/rights";
import { findTakenNames, observeAgain } from "./observe-copy";

/** A way back that is to be opened for a table which is partitioned already, and how far that is. */
export interface Opening {
  readonly kind: "opens";
  readonly source: OpenSource;
  /** What the journal says of one that is being opened. */
  readonly record: CopyRecord | undefined;
  /** The plain table as it is now. Undefined: not created yet. */
  readonly plain: (CopyShape & Pick<ObservedTable, "oid">) | undefined;
  /** What keeps the table from being taken back as it is now, but not from being followed. */
  readonly notes: readonly string[];
  readonly now: Instant;
}

/** One that is being opened, and is not wanted any more: what was made for it goes. */
export interface Abandoned {
  readonly kind: "abandons";
  readonly record: CopyRecord;
  readonly why: string;
}

type OpeningReading =
  Opening | Abandoned | { readonly kind: "refused"; readonly problems: readonly Problem[] } | undefined;

/**
 * Reads whether a way back is to be opened. Undefined: none is, or there is one. It is never begun by what merely stays in a program: one
 * that was opened and closed is opened again for another `rollbackUntil` alone.
 *
 * @param last the last conversion of this name in the journal
 */
export async function readOpening(
  database: Database,
  declared: DeclaredCopy,
  table: ObservedTable,
  last: CopyRecord | undefined,
  now: Instant,
): Promise<OpeningReading> {
  const record = last && isOpening(last) && last.sourceOid === table.oid ? last : undefined;
  const unwanted = explainUnwanted(declared, now);
  if (record && unwanted !== undefined) return { kind: "abandons", record, why: unwanted };
  if (!declared.openWayBack || unwanted !== undefined) return undefined;
  if (!record && (isThere(last, table) || wasClosed(declared, last))) return undefined;
  if (declared.until !== "swap") return refused([explainNotOpen(declared, record)]);
  if (!record && last && last.phase !== "ended") return refused([explainOther(declared)]);
  return readOpen(database, declared, { record, last, now });
}

function explainUnwanted({ openWayBack, rollbackUntil }: DeclaredCopy, now: Instant): string | undefined {
  if (!openWayBack) return "convertFrom.openWayBack is not declared any more";
  if (!rollbackUntil || compareInstants(rollbackUntil, now) <= 0)
    return `convertFrom.rollbackUntil${rollbackUntil ? `, ${formatInstant(rollbackUntil)},` : ""} has passed`;
  return undefined;
}

/** True for one that is open, or whose swap is being settled. */
function isThere(last: CopyRecord | undefined, { oid }: ObservedTable): boolean {
  return last !== undefined && last.phase !== "ended" && last.targetOid === oid;
}

/** True if the way back until that time was opened before, and closed. */
export function wasClosed({ rollbackUntil }: DeclaredCopy, last: CopyRecord | undefined): boolean {
  const back = last?.phase === "ended" ? last.detail.back : undefined;
  return back?.closed !== undefined && rollbackUntil !== undefined && back.until === formatInstant(rollbackUntil);
}

async function readOpen(
  database: Database,
  declared: DeclaredCopy,
  {
    record,
    last,
    now,
  }: { readonly record: CopyRecord | undefined; readonly last: CopyRecord | undefined; now: Instant },
): Promise<OpeningReading> {
  const { schema, key, rollbackUntil } = declared;
  const named = { schema, table: declared.table };
  const { table, replication, defaultGrantees, ledger, role } = await observeAgain(database, named, key);
  const bound = await readConversionSource(database, named);
  const kind = findKeyKind(table?.columns.find(({ name }) => name === key.column)?.type ?? "", key.encoding);
  if (!table || !bound || !kind || !rollbackUntil)
    throw new Error(`table "${schema}.${declared.table}" was altered while it was read; run the update again`);
  const names = {
    target: record?.detail.target ?? declared.formerName,
    pending: record?.detail.pending ?? nameBackPending(declared.table),
    former: fitIdentifier(`${declared.table}_copy`),
  };
  const base = {
    table,
    bound: withoutCapture(bound),
    publications: replication.publications,
    defaultGrantees,
    key: { column: key.column, kind, zone: key.zone },
    primaryKey: findPrimaryKey(table)?.columns ?? [],
    names,
    cut: cutBelow(declared),
    partitions: [],
  };
  const recorded = record?.detail.opens?.formerKey ?? findFormerKey(last, table, findConversion(ledger));
  const source: OpenSource = {
    ...base,
    formerKey: chooseFormerKey(recorded, base),
    stored: chooseStorage(table),
    until: rollbackUntil,
  };
  const { table: plain } = record ? await observeAgain(database, { schema, table: names.target }, key) : {};
  const missingRights = listMissingRights(table);
  const problems = [
    ...findOpenProblems({
      source,
      replication,
      superuser: role?.superuser === true,
      lockCapacity: await readLockCapacity(database),
      missingRights,
    }),
    ...(record ? [] : await findTakenNames(database, schema, [names.target, names.pending], names.target)),
  ];
  if (problems.length > 0) return refused(problems);
  // By the keys that the plain table will have, none of them is missing.
  const returning = { ...source, plain: table, own: bound, pendingAgain: "" };
  const notes = findReturnProblems(returning, [], []).map(
    ({ message, fix }) => `it could not be taken back as it is now: ${message} ${fix}`,
  );
  return { kind: "opens", source, record, plain, notes, now };
}

/** Columns of the primary key that the table had before its conversion, by what recorded that. */
function findFormerKey(
  last: CopyRecord | undefined,
  { oid }: ObservedTable,
  attached: RecordedConversion | undefined,
): readonly string[] | undefined {
  return attached?.plain.primaryKey?.columns ?? (last?.targetOid === oid ? last.detail.formerTable?.key : undefined);
}

function refused(problems: readonly Problem[]): OpeningReading {
  return { kind: "refused", problems };
}

function explainNotOpen({ schema, table }: DeclaredCopy, record: CopyRecord | undefined): Problem {
  return {
    path: "convertFrom.until",
    code: "conflict",
    message: `"${schema}.${table}" has no way back ${record ? "yet: it is being opened" : "that is open"}.`,
    fix: 'Remove until: "verify" for the updates that open it; declared after them, it takes the table back.',
  };
}

function explainOther({ schema, table }: DeclaredCopy): Problem {
  return {
    path: "convertFrom.openWayBack",
    code: "conflict",
    message: `the journal has a conversion of another table under the name "${schema}.${table}", which is not over.`,
    fix: `Run pgpartition convert give-up ${schema}.${table} --yes, or remove openWayBack.`,
  };
}
