import { formatFinding, toProblem } from "../../core/conversion/analyze/tell-finding";
import type { Finding } from "../../core/conversion/analyze/finding";
import { findConversionFindings } from "../../core/conversion/analyze/findings";
import { choosePrimaryKey } from "../../core/conversion/attach/attach-source";
import { listLevelColumns } from "../../core/conversion/copy/branch-rows";
import { findCopyProblems } from "../../core/conversion/copy/copy-problems";
import { withoutCapture } from "../../core/conversion/copy/without-capture";
import { findSwitchProblems } from "../../core/conversion/switch/switch-problems";
import { noteOffline } from "../../core/conversion/offline/note-offline";
import { findOpened, nameBackPending } from "../../core/conversion/copy/say-way-back";
import { type CopyNames, type CopySource, describePresent } from "../../core/conversion/copy/copy-source";
import type { ConversionSource } from "../../core/conversion/source";
import { fitIdentifier } from "../../core/names/identifier";
import type { Observation, ObservedTable } from "../../core/observed/observed-table";
import { listPlaced } from "../../core/partition/branch/desired-branches";
import { cutBelow } from "../../core/partition/branch/new-branches";
import type { Problem } from "../../core/problems/problem";
import type { DeclaredCopy } from "../../core/resources/conversion";
import type { Instant } from "../../core/time/instant";
import { computeLeadEnd } from "../../core/window/window-partitions";
import { type CopyRecord, countPending, findCopyRecord } from "../../postgres/conversion/journal";
import { readConversionFacts } from "../../postgres/read/conversion-facts";
import { readLockCapacity } from "../../postgres/read/lock-capacity";
import { readTakenNames } from "../../postgres/read/names-taken";
import { readHistoryFacts } from "../../postgres/read/history-facts";
import type { Database } from "../../postgres/database";
import type { CopyReading } from "./copy-reading";
import { planRows } from "./plan-rows";
import { readOpening } from "./read-opening";
import { readReturnable } from "./read-returnable";
import { findTakenNames, observeAgain } from "./observe-copy";
import { readSplit } from "./read-split";
import { refuseCaptured, refuseOtherTarget } from "./refuse-other-strategy";
import { readWayBack, type WayBack } from "./read-way-back";

/**
 * Reads the table as it is now, with everything that is bound to it, and how far its copy is.
 *
 * @param getNow the clock that decides: that of the database, or the declared one
 */
export async function readCopy(
  database: Database,
  declared: DeclaredCopy,
  getNow: (observation: Observation) => Instant,
): Promise<CopyReading> {
  if (declared.historyOf) return readSplit(database, { ...declared, historyOf: declared.historyOf }, getNow);
  const { schema, key } = declared;
  const known = await database.observe(schema, declared.table, key);
  if (known.table?.kind === "partitioned") return readConverted(database, declared, known.table, getNow(known));
  // A fingerprint first: what is read after it may be newer than it, but never older.
  const facts = await readHistoryFacts(database, declared);
  const observation = await observeAgain(database, declared, key);
  const { table } = observation;
  if (!table) return { kind: "none" };
  if (table.kind === "partitioned") return readConverted(database, declared, table, getNow(observation));
  const last = await findCopyRecord(database, declared);
  const record = last && last.phase !== "ended" && last.sourceOid === table.oid ? last : undefined;
  const now = getNow(observation);
  const end = computeLeadEnd(declared, now);
  const { column, encoding, zone } = key;
  const levels = listLevelColumns(declared.levels);
  const found = await readConversionFacts(database, declared, { column, encoding, zone, levels, historyUntil: end });
  if (!found) return { kind: "none" };
  const bound = withoutUnsettled(withoutCapture(found.source), record);
  const findings = findConversionFindings({ ...found, source: bound });
  const names = chooseNames(declared, record);
  const copy = record && (await observeAgain(database, { schema, table: names.target }, key)).table;
  const planned = await planRows(database, declared, found, { now, target: names.target, copy });
  const partitions = [...(copy ? describePresent(copy) : []), ...planned.partitions];
  const locked = declared.strategy === "offline";
  const primaryKey = choosePrimaryKey(declared.primaryKey, table, [...levels, key.column]) ?? (locked ? [] : undefined);
  const { replication } = observation;
  const lockCapacity = await readLockCapacity(database);
  const superuser = observation.role?.superuser === true;
  const problems = [
    ...findings
      // Where the rows lie decides about the partitions of a copy, and is no obstacle.
      .filter(({ level, about }) => level === "blocker" && about !== "key-range")
      .map(toProblem),
    ...planned.problems,
    ...findCopyProblems({ table, bound, replication, superuser, primaryKey, partitions, lockCapacity, locked }),
    ...(record && locked ? [refuseUnderWay(declared)] : []),
    ...(record && !isSameTarget(declared, record) ? [refuseOtherTarget(declared, record.detail.switchTo)] : []),
    ...(record ? [] : await findTakenNames(database, schema, listNames(declared, names, partitions), names.former)),
    ...(declared.switchTo && !record?.detail.both ? findSwitchProblems(bound, primaryKey, { declared, now }) : []),
    ...(findOpened(declared, now) && !declared.switchTo ? await findTakenBack(database, declared) : []),
  ];
  const kind = found.key?.kind;
  if (problems.length > 0 || !kind || !primaryKey) return { kind: "refused", state: "plain", problems };
  return {
    kind: "copyable",
    source: {
      table,
      bound,
      publications: observation.replication.publications,
      defaultGrantees: observation.defaultGrantees,
      key: { column, kind, zone },
      primaryKey,
      names,
      cut: cutBelow(declared),
      partitions,
    },
    facts,
    copy,
    record,
    released: (copy ? listPlaced(copy) : []).filter(({ oid }) =>
      ["detached", "released"].includes(observation.ledger.filter((entry) => entry.oid === oid).at(-1)?.event ?? ""),
    ),
    pending: record ? await countPending(database, schema, record) : 0,
    notes: [
      ...(locked ? noteOffline(table, found.key?.scanSeconds) : []),
      ...findings.filter((one) => isNoteOf(declared, one)).map(formatFinding),
      ...planned.notes,
    ],
    now,
  };
}

/** True if the copy that is under way is for the declared table. */
export function isSameTarget({ switchTo }: Pick<DeclaredCopy, "switchTo">, { detail }: CopyRecord): boolean {
  return detail.switchTo === switchTo?.table;
}

function isNoteOf({ strategy }: DeclaredCopy, { level, strategies = [strategy] }: Finding): boolean {
  return level === "note" && strategies.includes(strategy);
}

function refuseUnderWay({ schema, table }: DeclaredCopy): Problem {
  return {
    path: "convertFrom.strategy",
    code: "conflict",
    message: `"${schema}.${table}" is being copied while writers continue, and changes are captured for it.`,
    fix: `Declare strategy: "copy", which goes on with it; or give it up by pgpartition convert give-up ${schema}.${table} --yes.`,
  };
}

async function readConverted(
  database: Database,
  declared: DeclaredCopy,
  table: ObservedTable,
  now: Instant,
): Promise<CopyReading> {
  const found = await findCopyRecord(database, declared);
  const record = found?.targetOid === table.oid ? found : undefined;
  const wayBack = record && (await readWayBack(database, declared, table, record, now));
  if (!found && table.wayBack !== undefined)
    return { kind: "refused", state: "converted", problems: [refuseCaptured(declared, table.wayBack)] };
  const opening = await readOpening(database, declared, table, found, now);
  if (opening?.kind === "refused") return { ...opening, state: "converted" };
  const settles = record?.phase === "swapped" && record.detail.back !== undefined;
  // What is not a conversion by copy has none to go back to.
  if (declared.until === "swap" || !record || settles)
    return { kind: "converted", table, record: record ?? found, wayBack, opening };
  if (!wayBack || wayBack.ends !== undefined)
    return {
      kind: "refused",
      state: "converted",
      problems: [
        {
          path: "convertFrom.until",
          code: "conflict",
          message: `"${table.schema}.${table.name}" was swapped already, and has no way back: ${explainClosed(record, wayBack)}. The former rows are in "${table.schema}.${record.detail.former}" as they were then.`,
          fix: 'Remove until: "verify"; with openWayBack: true instead, and another rollbackUntil, one is opened by another copy of the rows.',
        },
      ],
    };
  const returnable = await readReturnable(database, declared, wayBack);
  const { problems } = returnable;
  return problems.length > 0 ? { kind: "refused", state: "converted", problems } : { kind: "returning", ...returnable };
}

function explainClosed({ detail }: CopyRecord, wayBack: WayBack | undefined): string {
  return (
    wayBack?.ends ??
    detail.back?.closed ??
    "none was declared (convertFrom.rollbackUntil) when it was swapped, so the former table was not kept current"
  );
}

async function findTakenBack(database: Database, { schema, table }: DeclaredCopy): Promise<Problem[]> {
  const name = nameBackPending(table);
  const [taken] = await readTakenNames(database, [{ schema, name }]);
  if (taken?.kind !== "relation") return [];
  return [
    {
      path: "convertFrom.rollbackUntil",
      code: "conflict",
      message: `"${schema}.${name}" exists already, and the way back needs the name.`,
      fix: "Rename it or drop it.",
    },
  ];
}

/** Foreign keys that a way back has left to be validated are so before the copy is swapped again. */
function withoutUnsettled(source: ConversionSource, record: CopyRecord | undefined): ConversionSource {
  const left = record?.phase === "returned" ? (record.detail.validate ?? []) : [];
  const constraints = source.constraints.map((one) =>
    left.includes(one.name) ? { ...one, validated: true, definition: one.definition.replace(/ NOT VALID$/, "") } : one,
  );
  return { ...source, constraints };
}

function chooseNames({ table, formerName, switchTo }: DeclaredCopy, record: CopyRecord | undefined): CopyNames {
  return {
    target: record?.detail.target ?? switchTo?.table ?? fitIdentifier(`${table}_copy`),
    pending: record?.detail.pending ?? fitIdentifier(`${table}_pending`),
    former: formerName,
  };
}

function listNames(
  { switchTo }: DeclaredCopy,
  { target, pending, former }: CopyNames,
  partitions: CopySource["partitions"],
): string[] {
  return [target, pending, ...(switchTo ? [] : [former]), ...partitions.map(({ name }) => name)];
}
