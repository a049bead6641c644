import { formatFinding, toProblem } from "../core/conversion/analyze/tell-finding";
import { findConversionFindings } from "../core/conversion/analyze/findings";
import { choosePrimaryKey } from "../core/conversion/attach/attach-source";
import { CAPTURE_TRIGGERS } from "../core/conversion/between/capture";
import type { CopyShape } from "../core/conversion/copy/align-copy";
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
import { computeLeadEnd } from "../core/window/window-partitions";
import { type CopyRecord, countPending, findCopyRecord } from "../postgres/conversion/journal";
import { readConversionFacts } from "../postgres/read/conversion-facts";
import { readTakenNames } from "../postgres/read/names-taken";
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
  const { schema, key } = declared;
  const known = await database.observe(schema, declared.table, key);
  if (known.table?.kind === "partitioned") return readConverted(database, declared, known.table);
  // A fingerprint first: what is read after it may be newer than it, but never older.
  const facts = await readHistoryFacts(database, declared);
  const observation = await observeAgain(database, declared, key);
  const { table } = observation;
  if (!table) return { kind: "none" };
  if (table.kind === "partitioned") return readConverted(database, declared, table);
  const last = await findCopyRecord(database, declared);
  const record = last && last.phase !== "ended" && last.sourceOid === table.oid ? last : undefined;
  const now = getNow(observation);
  const end = computeLeadEnd(declared, now);
  const { column, encoding, zone } = key;
  const found = await readConversionFacts(database, declared, { column, encoding, zone, historyUntil: end });
  if (!found) return { kind: "none" };
  const bound = withoutCapture(found.source);
  const findings = findConversionFindings({ ...found, source: bound });
  const rows = found.key?.rows;
  const range = rows?.minTime && rows.maxTime ? { from: rows.minTime, to: rows.maxTime } : undefined;
  const partitions = planCopyPartitions(declared, now, range);
  const primaryKey = choosePrimaryKey(declared.primaryKey, table, key);
  const names = chooseNames(declared, record);
  const superuser = observation.role?.superuser === true;
  const problems = [
    ...findings
      // Where the rows lie decides about the partitions of a copy, and is no obstacle.
      .filter(({ level, about }) => level === "blocker" && about !== "key-range")
      .map(toProblem),
    ...findCopyProblems({ table, bound, replication: observation.replication, superuser, primaryKey, partitions }),
    ...(record ? [] : await findTakenNames(database, schema, names, partitions)),
  ];
  const kind = found.key?.kind;
  if (problems.length > 0 || !kind || !primaryKey) return { kind: "refused", state: "plain", problems };
  const copy = record && (await observeAgain(database, { schema, table: names.target }, key)).table;
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
      partitions: addPlanned(copy, partitions),
    },
    facts,
    copy,
    record,
    pending: record ? await countPending(database, schema, record) : 0,
    notes: findings.filter(({ level }) => level === "note").map(formatFinding),
    now,
  };
}

async function readConverted(database: Database, declared: DeclaredCopy, table: ObservedTable): Promise<CopyReading> {
  const record = await findCopyRecord(database, declared);
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
  const taken = await readTakenNames(
    database,
    wanted.map((name) => ({ schema, name })),
  );
  return taken
    .filter(({ kind }) => kind === "relation")
    .map(({ name }) => ({
      path: name === names.former ? "convertFrom.formerName" : "convertFrom",
      code: "conflict",
      message: `"${schema}.${name}" exists already, and the conversion needs the name.`,
      fix: name === names.former ? "Rename it, or declare another formerName." : "Rename it or drop it.",
    }));
}

/** The partitions that the copy has, and those that it still needs by now. */
function addPlanned(copy: ObservedTable | undefined, planned: CopySource["partitions"]): CopySource["partitions"] {
  const present = (copy?.partitions ?? []).flatMap(({ name, bounds }) => (bounds ? [{ name, ...bounds }] : []));
  const known = new Set(present.map(({ name }) => name));
  return [...present, ...planned.filter(({ name }) => !known.has(name))];
}

function observeAgain(database: Database, { schema, table }: TableName, key: KeySpec): Promise<Observation> {
  database.invalidate(schema, table);
  return database.observe(schema, table, key);
}
