import { quoteLiteral, quoteQualified } from "../names/identifier";

/** A job of pg_cron, reduced to relevant properties. */
interface FoundCronJob {
  readonly id: string;
  readonly name: string | undefined;
  readonly schedule: string;
  readonly command: string;
  readonly active: boolean;
}

/** A function or procedure whose source names the table. */
interface FoundFunction {
  readonly schema: string;
  readonly name: string;
  /** `schema.name(argument types)`, quoted: what DROP FUNCTION takes. */
  readonly signature: string;
  readonly kind: "function" | "procedure";
  readonly source: string;
}

/** The row of pg_partman's configuration for the table. */
export interface FoundPartman {
  readonly schema: string;
  /** As its parent_table column has it. */
  readonly parent: string;
  readonly interval: string | undefined;
  readonly premake: string | undefined;
  readonly retention: string | undefined;
}

/** Other programs that may create or drop partitions of a table. */
export interface Rivals {
  readonly jobs: readonly FoundCronJob[];
  readonly functions: readonly FoundFunction[];
  readonly partman: FoundPartman | undefined;
}

/** One object to retire, with its SQL. */
interface Retiring {
  readonly what: string;
  readonly sql: string;
}

/**
 * Lists everything that creates or drops partitions apart from the declared window and would work against it: jobs first, because
 * they call the functions. None of it is run.
 */
export function retireRivals(table: { readonly schema: string; readonly table: string }, rivals: Rivals): Retiring[] {
  const functions = rivals.functions.filter(({ source }) => managesPartitions(source, table.table));
  const jobs = rivals.jobs.filter((job) => runsFor(job, table.table, functions, rivals.partman));
  return [
    ...jobs.map((job) => ({
      what: `job ${job.name === undefined ? job.id : `"${job.name}"`} of pg_cron (${job.schedule}${job.active ? "" : ", not active"}) runs: ${toOneLine(job.command)}`,
      sql: `SELECT cron.unschedule(${job.name === undefined ? job.id : quoteLiteral(job.name)});`,
    })),
    ...(rivals.partman ? [describePartman(rivals.partman)] : []),
    ...functions.map(({ kind, signature, source }) => ({
      what: `${kind} ${signature} ${describeEffect(source)}; drop it once nothing calls it`,
      sql: `DROP ${kind.toUpperCase()} ${signature};`,
    })),
  ];
}

function describePartman(partman: FoundPartman): Retiring {
  const facts = [
    partman.interval && `interval ${partman.interval}`,
    partman.premake && `premake ${partman.premake}`,
    partman.retention && `retention ${partman.retention}`,
  ].filter((fact) => fact !== undefined && fact !== "");
  return {
    what: `pg_partman maintains ${partman.parent} (${facts.join(", ")}); compare with lead and retention of the window`,
    sql: `DELETE FROM ${quoteQualified(partman.schema, "part_config")} WHERE parent_table = ${quoteLiteral(partman.parent)};`,
  };
}

const CREATES = /\bcreate\s+table\b|\bpartition\s+of\b|\battach\s+partition\b/i;
const DROPS = /\bdrop\s+table\b|\bdetach\s+partition\b/i;

/** True if the source contains the name, also as the start of a partition's name, together with such a statement. */
function managesPartitions(source: string, table: string): boolean {
  return mentions(source, table) && (CREATES.test(source) || DROPS.test(source));
}

function describeEffect(source: string): string {
  const does = [...(CREATES.test(source) ? ["creates"] : []), ...(DROPS.test(source) ? ["drops"] : [])];
  return `${does.join(" and ")} partitions`;
}

function runsFor(
  job: FoundCronJob,
  table: string,
  functions: readonly FoundFunction[],
  partman: FoundPartman | undefined,
): boolean {
  const names = [
    table,
    ...functions.map(({ name }) => name),
    ...(partman ? ["run_maintenance", "run_maintenance_proc"] : []),
  ];
  return names.some((name) => mentions(job.command, name));
}

/** True if the text mentions the name: `events` is not in `old_events`, but it is in `events_p2025_01`. */
function mentions(text: string, name: string): boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![A-Za-z0-9_])${escaped}(?![A-Za-z0-9])`, "i").test(text);
}

function toOneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** Returns a script for an operator to read and run. */
export function renderRivals(retiring: readonly Retiring[]): string {
  if (retiring.length === 0)
    return "-- No job, function or pg_partman configuration was found that creates or drops partitions of it.\n";
  return [
    "-- What creates or drops partitions of the table today. Run this right before the first `pulumi up`: two creators would work against",
    "-- one another, and a table that pg_partman maintains is refused.",
    ...retiring.flatMap(({ what, sql }) => [`-- ${what}`, sql]),
    "",
  ].join("\n");
}
