import type { ObservedColumn } from "../../observed/observed-table";
import { formatBytes } from "../../size";
import { chooseKey, isLikelyKey, type KeyTable } from "./choose-key";
import type { ColumnStatistics } from "./facts";
import { formatCount } from "./load-rules";

/** A plain table as the catalogue and the statistics of the server describe it. All numbers are estimates. */
export interface CandidateFacts {
  readonly schema: string;
  readonly name: string;
  /** Undefined: never analyzed. */
  readonly rows: number | undefined;
  readonly bytes: number;
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
  /** Foreign keys that point to it. */
  readonly referring: number;
  readonly columns: readonly ObservedColumn[];
  readonly indexes: readonly CandidateIndex[];
  readonly statistics: readonly ColumnStatistics[];
}

interface CandidateIndex {
  readonly unique: boolean;
  readonly primary: boolean;
  readonly columns: readonly string[];
}

/** A table that partitioning could help, with the way it would be partitioned. */
export interface Candidate {
  readonly table: string;
  readonly priority: "high" | "medium" | "low";
  readonly rows: number | undefined;
  readonly bytes: number;
  /** `range` by time is what this product keeps; `range and list` has a level of values above it. */
  readonly strategy: "range" | "range and list" | "list" | "hash" | "none";
  readonly columns: readonly string[];
  readonly reasons: readonly string[];
  /** Rows and bytes, and what follows from them, come from the server's statistics. */
  readonly estimated: true;
}

const GIGABYTE = 1024 ** 3;

/** From here on a table gains: indexes no longer fit into memory, a vacuum takes long, a DELETE of old rows longer. */
const HIGH = { bytes: 10 * GIGABYTE, rows: 50_000_000 };
const MEDIUM = { bytes: GIGABYTE, rows: 5_000_000 };

/** Ranks plain tables by what partitioning would give them, and proposes how, from the statistics of their columns. */
export function rankCandidates(tables: readonly CandidateFacts[]): Candidate[] {
  const order = ["high", "medium", "low"];
  return tables
    .map(judgeTable)
    .sort((a, b) => order.indexOf(a.priority) - order.indexOf(b.priority) || b.bytes - a.bytes);
}

function judgeTable(facts: CandidateFacts): Candidate {
  const { rows, bytes, updates, deletes, inserts } = facts;
  const way = chooseWay(facts);
  const isBeyond = (limit: typeof HIGH) => bytes >= limit.bytes || (rows ?? 0) >= limit.rows;
  const added = inserts + updates + deletes === 0 ? undefined : inserts / (inserts + updates + deletes);
  return {
    table: `${facts.schema}.${facts.name}`,
    priority: way.strategy === "none" ? "low" : isBeyond(HIGH) ? "high" : isBeyond(MEDIUM) ? "medium" : "low",
    rows,
    bytes,
    strategy: way.strategy,
    columns: way.columns,
    reasons: [
      ...way.reasons,
      ...(isBeyond(MEDIUM) ? [] : ["small enough as it is, unless old rows have to go"]),
      ...(added === undefined ? [] : [`${Math.round(added * 100)} % of its changes are inserts`]),
      ...(deletes > inserts / 10 && deletes > 0 ? ["rows are deleted, which dropping a partition does at once"] : []),
      ...(facts.referring > 0
        ? [`${facts.referring} foreign keys point to it: pgpartition analyze tells what becomes of them`]
        : []),
      ...(rows === undefined ? ["never analyzed: run ANALYZE for better estimates"] : []),
    ],
    estimated: true,
  };
}

type Way = Pick<Candidate, "strategy" | "columns" | "reasons">;

function chooseWay(facts: CandidateFacts): Way {
  const key = chooseKey(toTable(facts), facts.statistics, { encoding: "time", zone: "UTC" });
  const time = key && isLikelyKey(key.column, toTable(facts), facts.statistics) ? key : undefined;
  const values = findListColumn(facts);
  if (time && values && facts.bytes >= HIGH.bytes)
    return {
      strategy: "range and list",
      columns: [values.column, time.column],
      reasons: [
        `"${time.column}" (${time.type}) tells when a row came into being, and "${values.column}", in front of an index, has about ${formatCount(values.count)} values: a level of these above the time`,
      ],
    };
  if (time)
    return {
      strategy: "range",
      columns: [time.column],
      reasons: [`"${time.column}" (${time.type}) tells when a row came into being${describeOrder(time.column, facts)}`],
    };
  if (values)
    return {
      strategy: "list",
      columns: [values.column],
      reasons: [
        `no column tells when a row came into being; "${values.column}" has about ${formatCount(values.count)} values`,
      ],
    };
  const primary = facts.indexes.find((one) => one.primary)?.columns[0];
  if (primary !== undefined && facts.bytes >= HIGH.bytes)
    return {
      strategy: "hash",
      columns: [primary],
      reasons: [`neither a time nor a column of few values: "${primary}" spreads the rows evenly, and nothing expires`],
    };
  return { strategy: "none", columns: [], reasons: ["no column to partition by that would skip or expire rows"] };
}

function describeOrder(column: string, { statistics }: CandidateFacts): string {
  const correlation = statistics.find((one) => one.column === column)?.correlation ?? 0;
  return correlation > 0.9 ? ", and rows are stored in its order" : "";
}

/** Bounds of a LIST level: fewer values part nothing, more are too many partitions. */
const VALUES = { least: 2, most: 64 };

/** Finds a column of few values that an index begins with: queries name it. */
function findListColumn({
  columns,
  indexes,
  statistics,
  rows,
}: CandidateFacts): { column: string; count: number } | undefined {
  const found = statistics.flatMap(({ column, distinct, nullShare }) => {
    const count = distinct < 0 ? -distinct * (rows ?? 0) : distinct;
    const type = columns.find((one) => one.name === column)?.type ?? "";
    const leads = indexes.some((one) => one.columns[0] === column && !(one.primary && one.columns.length === 1));
    const fits = count >= VALUES.least && count <= VALUES.most && nullShare < 0.01 && leads;
    return fits && /^(?:text|character|uuid|smallint|integer|bigint)/.test(type) ? [{ column, count }] : [];
  });
  return found.sort((a, b) => a.count - b.count)[0];
}

function toTable({ columns, indexes, inserts, updates }: CandidateFacts): KeyTable {
  return {
    columns,
    neverUpdated: inserts > 0 && updates === 0,
    indexes: indexes.map((one) => ({ ...one, name: "", definition: "", valid: true, constraint: undefined })),
  };
}

/** Renders the list for a terminal. */
export function renderCandidates(candidates: readonly Candidate[]): string {
  if (candidates.length === 0) return "no plain table to convert";
  return [
    "Plain tables that could be converted. Rows, sizes and shares are estimates of the server's statistics.",
    ...candidates.flatMap((one) => [
      "",
      `${one.priority}  ${one.table}  ${describeSize(one)}  ${describeWay(one)}`,
      ...one.reasons.map((reason) => `  ${reason}`),
    ]),
  ].join("\n");
}

/** Renders the list as a Markdown table. */
export function renderCandidatesMarkdown(candidates: readonly Candidate[]): string {
  const row = (...cells: string[]) => `| ${cells.map((one) => one.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
  return [
    row("priority", "table", "size (estimate)", "partition by", "reasons"),
    row("---", "---", "---", "---", "---"),
    ...candidates.map((one) =>
      row(one.priority, one.table, describeSize(one), describeWay(one), one.reasons.join("; ")),
    ),
  ].join("\n");
}

function describeSize({ rows, bytes }: Candidate): string {
  return `${formatBytes(bytes)}, ${rows === undefined ? "rows unknown" : `about ${formatCount(rows)} rows`}`;
}

function describeWay({ strategy, columns }: Candidate): string {
  return columns.length === 0 ? strategy : `${strategy} (${columns.join(", ")})`;
}
