import { formatFinding, toProblem } from "../../core/conversion/analyze/tell-finding";
import { findConversionFindings } from "../../core/conversion/analyze/findings";
import { choosePrimaryKey } from "../../core/conversion/attach/attach-source";
import type { CopyShape } from "../../core/conversion/copy/align-copy";
import { planCopyPartitions } from "../../core/conversion/copy/copy-partitions";
import { findCopyProblems } from "../../core/conversion/copy/copy-problems";
import { withoutCapture } from "../../core/conversion/copy/without-capture";
import { findOpened, nameBackPending } from "../../core/conversion/copy/say-way-back";
import type { CopyNames, CopyPartition, CopySource } from "../../core/conversion/copy/copy-source";
import type { ConversionSource } from "../../core/conversion/source";
import { fitIdentifier } from "../../core/names/identifier";
import type { Observation, ObservedPartition, ObservedTable } from "../../core/observed/observed-table";
import type { Problem } from "../../core/problems/problem";
import type { DeclaredCopy } from "../../core/resources/conversion";
import type { Instant } from "../../core/time/instant";
import { overlaps } from "../../core/time/interval";
import type { KeySpec } from "../../core/declare/table/spec";
import type { TableName } from "../../core/names/table-name";
import { computeLeadEnd } from "../../core/window/window-partitions";
import { type CopyRecord, countPending, findCopyRecord } from "../../postgres/conversion/journal";
import { readConversionFacts } from "../../postgres/read/conversion-facts";
import { readTakenNames } from "../../postgres/read/names-taken";
import { type HistoryFacts, readHistoryFacts } from "../../postgres/read/history-facts";
import type { Database } from "../../postgres/database";
import { type Returnable, readReturnable } from "./read-returnable";
import { readWayBack, type WayBack } from "./read-way-back";

/** A plain table that can be copied, and how far that is. */
export interface Copyable {
  readonly kind: "copyable";
  readonly source: CopySource;
  readonly facts: HistoryFacts;
  /** The copy as it is now. Undefined: not created yet. */
  readonly copy: CopyShape | undefined;
  /** What the journal says of a copy under way. */
  readonly record: CopyRecord | undefined;
  /** Partitions of the copy that were partitions of the table before a way back. */
  readonly released: readonly ObservedPartition[];
  /** Changes that are pending, up to a limit. */
  readonly pending: number;
  /** What an operator should know before it. */
  readonly notes: readonly string[];
  readonly now: Instant;
}

export type CopyReading =
  | { readonly kind: "none" }
  | {
      readonly kind: "converted";
      readonly table: ObservedTable;
      readonly record: CopyRecord | undefined;
      /** Undefined: none is open, or its swap is still to be settled. */
      readonly wayBack: WayBack | undefined;
    }
  | ({ readonly kind: "returning" } & Returnable)
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
  const found = await readConversionFacts(database, declared, { column, encoding, zone, historyUntil: end });
  if (!found) return { kind: "none" };
  const bound = withoutUnsettled(withoutCapture(found.source), record);
  const findings = findConversionFindings({ ...found, source: bound });
  const rows = found.key?.rows;
  const range = rows?.minTime && rows.maxTime ? { from: rows.minTime, to: rows.maxTime } : undefined;
  const partitions = planCopyPartitions(declared, now, range);
  const primaryKey = choosePrimaryKey(declared.primaryKey, table, key);
  const names = chooseNames(declared, record);
  const { replication } = observation;
  const { lockCapacity } = found.activity.server;
  const superuser = observation.role?.superuser === true;
  const problems = [
    ...findings
      // Where the rows lie decides about the partitions of a copy, and is no obstacle.
      .filter(({ level, about }) => level === "blocker" && about !== "key-range")
      .map(toProblem),
    ...findCopyProblems({ table, bound, replication, superuser, primaryKey, partitions, lockCapacity }),
    ...(record ? [] : await findTakenNames(database, schema, names, partitions)),
    ...(findOpened(declared, now) ? await findTakenBack(database, declared) : []),
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
    released: (copy?.partitions ?? []).filter(({ oid }) =>
      ["detached", "released"].includes(observation.ledger.filter((entry) => entry.oid === oid).at(-1)?.event ?? ""),
    ),
    pending: record ? await countPending(database, schema, record) : 0,
    notes: findings.filter(({ level }) => level === "note").map(formatFinding),
    now,
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
  const settles = record?.phase === "swapped" && record.detail.back !== undefined;
  // What is not a conversion by copy has none to go back to.
  if (declared.until === "swap" || !record || settles)
    return { kind: "converted", table, record: record ?? found, wayBack };
  if (!wayBack || wayBack.ends !== undefined)
    return {
      kind: "refused",
      state: "converted",
      problems: [
        {
          path: "convertFrom.until",
          code: "conflict",
          message: `"${table.schema}.${table.name}" was swapped already, and has no way back: ${explainClosed(record, wayBack)}. The former rows are in "${table.schema}.${record.detail.former}" as they were then.`,
          fix: 'Remove until: "verify".',
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
  // One that came while the table was partitioned may have another name.
  const isFree = (one: CopyPartition) => !known.has(one.name) && !present.some((found) => overlaps(found, one));
  return [...present, ...planned.filter(isFree)];
}

function observeAgain(database: Database, { schema, table }: TableName, key: KeySpec): Promise<Observation> {
  database.invalidate(schema, table);
  return database.observe(schema, table, key);
}
