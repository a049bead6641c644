import { findConversionFindings } from "../core/conversion/analyze/findings";
import { choosePrimaryKey } from "../core/conversion/attach/attach-source";
import { CAPTURE_TRIGGERS } from "../core/conversion/between/capture";
import type { CopyShape } from "../core/conversion/copy/align-copy";
import type { PairRelation } from "../core/conversion/between/pair";
import { planCopyPartitions } from "../core/conversion/copy/copy-partitions";
import { findCopyProblems } from "../core/conversion/copy/copy-problems";
import type { CopyNames, CopySource } from "../core/conversion/copy/copy-source";
import type { ConversionSource } from "../core/conversion/source";
import { fitIdentifier } from "../core/names/identifier";
import type { Observation, ObservedTable } from "../core/observed/observed-table";
import type { Problem } from "../core/problems/problem";
import type { DeclaredCopy } from "../core/resources/conversion";
import type { Instant } from "../core/time/instant";
import type { KeySpec } from "../core/declare/table/spec";
import type { TableName } from "../core/names/table-name";
import { findKeyKind } from "../core/time/key";
import { computeLeadEnd } from "../core/window/window-partitions";
import { type CopyRecord, countPending, readCopyRecord } from "../postgres/conversion/journal";
import { readConversionFacts } from "../postgres/read/conversion-facts";
import { type HistoryFacts, readHistoryFacts } from "../postgres/read/history-facts";
import type { Database } from "../postgres/database";

/** A plain table that can be copied, and how far that is. */
export interface Copyable {
  readonly kind: "copyable";
  readonly source: CopySource;
  readonly facts: HistoryFacts;
  /** The copy as it is now. Undefined: not created yet. */
  readonly copy: CopyShape | undefined;
  /** What the journal says of a copy under way. */
  readonly record: CopyRecord | undefined;
  /** Changes that are pending, up to a limit. */
  readonly pending: number;
  /** What an operator should know before it. */
  readonly notes: readonly string[];
  readonly now: Instant;
}

export type CopyReading =
  | { readonly kind: "none" }
  | { readonly kind: "converted"; readonly table: ObservedTable; readonly record: CopyRecord | undefined }
  | { readonly kind: "refused"; readonly state: "plain" | "converted"; readonly problems: readonly Problem[] }
  | Copyable;

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
  const facts = await readHistoryFacts(database, declared);
  const observation = await observeAgain(database, declared, declared.key);
  const { table } = observation;
  if (!table) return { kind: "none" };
  const known = await readRecord(database, declared);
  if (table.kind === "partitioned") return readConverted(declared, table, known);
  const record = known && known.phase !== "ended" && known.sourceOid === table.oid ? known : undefined;
  const now = getNow(observation);
  const end = computeLeadEnd(declared, now);
  const { column, encoding, zone } = declared.key;
  const found = await readConversionFacts(database, declared, { column, encoding, zone, historyUntil: end });
  if (!found) return { kind: "none" };
  const bound = withoutCapture(found.source);
  const findings = findConversionFindings({ ...found, source: bound });
  const rows = found.key?.rows;
  const range = rows?.minTime && rows.maxTime ? { from: rows.minTime, to: rows.maxTime } : undefined;
  const partitions = planCopyPartitions(declared, now, range);
  const primaryKey = choosePrimaryKey(declared.primaryKey, table, declared.key);
  const names = chooseNames(declared, record);
  const superuser = observation.role?.superuser === true;
  const problems = [
    ...findings
      // Where the rows lie decides about the partitions of a copy, and is no obstacle.
      .filter(({ level, about }) => level === "blocker" && about !== "key-range")
      .map(({ about, message, fix = "" }): Problem => ({
        path: about.startsWith("key-") ? "partitionBy[0].range" : "convertFrom",
        code: "conflict",
        message,
        fix,
      })),
    ...findCopyProblems({ table, bound, replication: observation.replication, superuser, primaryKey, partitions }),
    ...(record ? [] : await findTakenNames(database, declared.schema, names, partitions)),
  ];
  const kind = found.key?.kind ?? findKeyKind("", encoding);
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
      partitions: record ? await readPartitions(database, declared, names, partitions) : partitions,
    },
    facts,
    copy: record ? await readCopyShape(database, { schema: declared.schema, name: names.target }) : undefined,
    record,
    pending: record ? await countPending(database, declared.schema, record) : 0,
    notes: findings
      .filter(({ level }) => level === "note")
      .map(({ message, fix }) => (fix === undefined ? message : `${message} ${fix}`)),
    now,
  };
}

/** The journal is in the management schema, which the same program may still have to create. */
async function readRecord(database: Database, declared: DeclaredCopy): Promise<CopyRecord | undefined> {
  return (await hasJournal(database)) ? readCopyRecord(database, declared) : undefined;
}

async function hasJournal(database: Database): Promise<boolean> {
  const [row] = await database.read(
    "select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = 'conversions') as found",
    [database.managementSchema],
  );
  return row?.["found"] === true;
}

function readConverted(declared: DeclaredCopy, table: ObservedTable, record: CopyRecord | undefined): CopyReading {
  if (declared.until === "swap" || !record || record.targetOid !== table.oid)
    return { kind: "converted", table, record };
  return {
    kind: "refused",
    state: "converted",
    problems: [
      {
        path: "convertFrom.until",
        code: "conflict",
        message: `"${table.schema}.${table.name}" was swapped already, and a way back of a copied table is to come; the former rows are in "${table.schema}.${record.detail.former}" as they were then.`,
        fix: 'Remove until: "verify".',
      },
    ],
  };
}

/** The triggers that capture are no property of the table. */
function withoutCapture(source: ConversionSource): ConversionSource {
  const own = Object.values<string>(CAPTURE_TRIGGERS);
  return { ...source, triggers: source.triggers.filter(({ name }) => !own.includes(name)) };
}

function chooseNames({ table, formerName }: DeclaredCopy, record: CopyRecord | undefined): CopyNames {
  return {
    target: record?.detail.target ?? fitIdentifier(`${table}_copy`),
    pending: record?.detail.pending ?? fitIdentifier(`${table}_pending`),
    former: formerName,
  };
}

async function findTakenNames(
  database: Database,
  schema: string,
  names: CopyNames,
  partitions: CopySource["partitions"],
): Promise<Problem[]> {
  const wanted = [names.target, names.pending, names.former, ...partitions.map(({ name }) => name)];
  const rows = await database.read(
    "select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = any ($2::text[]) order by 1",
    [schema, wanted],
  );
  return rows.map((row) => ({
    path: row["name"] === names.former ? "convertFrom.formerName" : "convertFrom",
    code: "conflict",
    message: `"${schema}.${String(row["name"])}" exists already, and the conversion needs the name.`,
    fix: row["name"] === names.former ? "Rename it, or declare another formerName." : "Rename it or drop it.",
  }));
}

/** The partitions that the copy has, and those that it still needs by now. */
async function readPartitions(
  database: Database,
  { schema, key }: DeclaredCopy,
  { target }: CopyNames,
  planned: CopySource["partitions"],
): Promise<CopySource["partitions"]> {
  const { table }: Pick<Observation, "table"> = await observeAgain(database, { schema, table: target }, key);
  const present = (table?.partitions ?? []).flatMap(({ name, bounds }) => (bounds ? [{ name, ...bounds }] : []));
  const known = new Set(present.map(({ name }) => name));
  return [...present, ...planned.filter(({ name }) => !known.has(name))];
}

function observeAgain(database: Database, { schema, table }: TableName, key: KeySpec): Promise<Observation> {
  database.invalidate(schema, table);
  return database.observe(schema, table, key);
}

/** Reads what of the copy may differ from the table. */
async function readCopyShape(database: Database, { schema, name }: PairRelation): Promise<CopyShape> {
  database.invalidate(schema, name);
  const { table } = await database.observe(schema, name);
  return table ?? { columns: [], constraints: [], indexes: [] };
}
