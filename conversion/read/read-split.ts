import { choosePrimaryKey } from "../../core/conversion/attach/attach-source";
import { findSplitCopyProblems } from "../../core/conversion/copy/copy-problems";
import { describePresent, type WholeTable } from "../../core/conversion/copy/copy-source";
import { planCopyPartitions } from "../../core/conversion/copy/copy-partitions";
import { withoutCapture } from "../../core/conversion/copy/without-capture";
import { findSplitProblems } from "../../core/conversion/split/split-problems";
import { nameSplit } from "../../core/conversion/split/split-source";
import { buildObservedParent } from "../../core/partition/carry/parent";
import type { Observation, ObservedTable } from "../../core/observed/observed-table";
import type { Problem } from "../../core/problems/problem";
import type { DeclaredCopy } from "../../core/resources/conversion";
import { compareInstants, formatInstant, type Instant } from "../../core/time/instant";
import { findKeyKind } from "../../core/time/key";
import { type CopyRecord, countPending, findCopyRecord } from "../../postgres/conversion/journal";
import type { Database } from "../../postgres/database";
import { readConversionSource } from "../../postgres/read/conversion-source";
import { readHistoryFacts } from "../../postgres/read/history-facts";
import { readLockCapacity } from "../../postgres/read/lock-capacity";
import { readKeyRows } from "../../postgres/read/key-rows";
import { findTakenNames, observeAgain } from "./observe-copy";
import type { CopyReading } from "./copy-reading";

/** A copy by which the history of a partitioned table is split. */
interface DeclaredSplit extends DeclaredCopy {
  readonly historyOf: NonNullable<DeclaredCopy["historyOf"]>;
}

/** Reads a partitioned table and its history as they are now, and how far the split is. `none`: there is no history (any more). */
export async function readSplit(
  database: Database,
  declared: DeclaredSplit,
  getNow: (observation: Observation) => Instant,
): Promise<CopyReading> {
  const { schema, table: history, key, historyOf } = declared;
  const parent = { schema, table: historyOf.table };
  const named = { schema, table: history };
  const known = (await database.observe(schema, parent.table, key)).table;
  if (known?.kind !== "partitioned") return { kind: "none" };
  if (!findPartition(known, named)) return readWithout(database, declared, known);
  // Fingerprints first: what is read after them may be newer than them, but never older.
  const facts = await readHistoryFacts(database, named);
  const { fingerprint } = await readHistoryFacts(database, parent);
  const observation = await observeAgain(database, parent, key);
  const { table: whole, replication, defaultGrantees, role } = observation;
  const { table } = await observeAgain(database, named, key);
  const found = whole && findPartition(whole, named);
  const bound = await readConversionSource(database, parent);
  const source = await readConversionSource(database, named);
  const kind = findKeyKind(whole?.key?.types[0] ?? "", key.encoding);
  if (!whole || !found || !table || !bound || !source || !kind)
    throw new Error(
      `table "${schema}.${parent.table}" or its history was altered while it was read; run the update again`,
    );
  const own = withoutCapture(source);
  const last = await findCopyRecord(database, named);
  const record = last && last.phase !== "ended" && last.sourceOid === table.oid ? last : undefined;
  const { rows } = await readKeyRows(database, table, { column: key.column, kind, zone: key.zone }, facts.bytes);
  const { minTime: from, maxTime: to } = rows ?? {};
  const now = getNow(observation);
  const names = nameSplit(parent.table, history);
  const copy = record && (await observeAgain(database, { schema, table: names.target }, key)).table;
  const partitions = [
    ...(copy ? describePresent(copy) : []),
    ...planCopyPartitions(declared, {
      now,
      rows: from && to ? [{ values: [], rows: 0, from, to }] : [],
      values: [],
      target: names.target,
      copy,
    }),
  ];
  const primaryKey = choosePrimaryKey(declared.primaryKey, table, [key.column]);
  const problems = [
    ...findOtherBounds(found, historyOf.until),
    ...findSplitProblems({ table: whole, whole: withoutCapture(bound), history: found, own }),
    ...findSplitCopyProblems({
      table,
      bound: own,
      replication,
      superuser: role?.superuser === true,
      primaryKey,
      partitions,
      lockCapacity: await readLockCapacity(database),
    }),
    ...(record
      ? []
      : await findTakenNames(database, schema, [names.target, names.pending, ...partitions.map(({ name }) => name)])),
  ];
  if (problems.length > 0 || !primaryKey) return { kind: "refused", state: "converted", problems };
  const around: WholeTable = {
    parent: buildObservedParent(whole, key, { ...observation, now }),
    table: whole,
    bound: withoutCapture(bound),
    fingerprint,
  };
  return {
    kind: "copyable",
    source: {
      table,
      bound: own,
      publications: replication.publications,
      defaultGrantees,
      key: { column: key.column, kind, zone: key.zone },
      primaryKey,
      names,
      cut: { strategy: "range", column: key.column },
      partitions,
      whole: around,
    },
    facts,
    copy,
    record,
    released: [],
    pending: record ? await countPending(database, schema, record) : 0,
    notes: [],
    now,
  };
}

function findPartition(
  { partitions }: ObservedTable,
  { schema, table }: { readonly schema: string; readonly table: string },
) {
  return partitions.find((partition) => partition.schema === schema && partition.name === table);
}

/** The history is no partition: it was split, and something may be left of that, or another session has taken it away. */
async function readWithout(database: Database, declared: DeclaredSplit, table: ObservedTable): Promise<CopyReading> {
  const record = await findCopyRecord(database, declared);
  if (!record || record.phase === "ended") return { kind: "none" };
  if (record.phase === "swapped") return { kind: "converted", table, record, wayBack: undefined };
  return { kind: "refused", state: "converted", problems: [explainTakenAway(declared, record)] };
}

function explainTakenAway({ schema, table, historyOf }: DeclaredSplit, { rowsCopied }: CopyRecord): Problem {
  return {
    path: "convertFrom.split",
    code: "conflict",
    message: `"${schema}.${table}" is no partition of "${schema}.${historyOf.table}" any more, and was being split: ${rowsCopied.toLocaleString("en")} rows were copied.`,
    fix: `Attach it again; or run pgpartition convert give-up ${schema}.${table} --yes, which drops the copies, and remove convertFrom.split.`,
  };
}

function findOtherBounds(
  { schema, name, bounds, boundsText }: ObservedTable["partitions"][number],
  until: Instant,
): Problem[] {
  if (bounds && !bounds.from && bounds.to && compareInstants(bounds.to, until) === 0) return [];
  return [
    {
      path: "convertFrom.split",
      code: "conflict",
      message: `"${schema}.${name}" is no history until ${formatInstant(until)}: it is a partition ${boundsText}.`,
      fix: "Declare historyName and historyUntil as they are, or remove convertFrom.split.",
    },
  ];
}
