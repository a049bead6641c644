import { quote, quoteLiteral } from "../names/identifier";
import type { MonitoringSettings } from "./monitoring-settings";

/** Use of a column in postgres_exporter: as a label, or as the value of a metric of its own. */
type ColumnUsage = "LABEL" | "GAUGE" | "COUNTER";

/** One query of postgres_exporter. Its metrics are named `name_column`. */
export interface MetricQuery {
  readonly name: string;
  readonly sql: string;
  /** Minimum interval between two runs of the query by the exporter. */
  readonly cacheSeconds: number;
  readonly columns: readonly MetricColumn[];
}

interface MetricColumn {
  readonly name: string;
  readonly usage: ColumnUsage;
  readonly description: string;
}

/** Returns all queries that rules and dashboard use. */
export function listMetricQueries(settings: MonitoringSettings): MetricQuery[] {
  return [
    buildRunwayQuery(settings),
    buildCreationQuery(settings),
    buildTableQuery(settings),
    ...(settings.partitionSeries ? [buildPartitionQuery(settings)] : []),
    buildDefaultQuery(settings),
    buildJobQuery(settings),
    buildWritesQuery(settings),
    buildIndexQuery(settings),
    buildSlowQuery(settings),
  ];
}

/** Returns the names of all metrics in Prometheus. */
export function listMetricNames(queries: readonly MetricQuery[]): string[] {
  return queries.flatMap((query) =>
    query.columns.filter((column) => column.usage !== "LABEL").map((column) => `${query.name}_${column.name}`),
  );
}

/** Sizes need a file system call for each file of each partition. */
const SIZE_CACHE_SECONDS = 300;
const CACHE_SECONDS = 60;

const TABLE: readonly MetricColumn[] = [
  defineLabel("schema", "Schema of the table"),
  defineLabel("table", "Name of the table"),
];

/** With its schema if that differs from the table's, so that two partitions never share a series. */
const PARTITION_NAME = `case when v.partition_schema = v.schema_name then v.partition_name
    else v.partition_schema || '.' || v.partition_name end as partition`;

function buildRunwayQuery(settings: MonitoringSettings): MetricQuery {
  return {
    name: "pgpartition_runway",
    sql: `select v.schema_name as schema, v.table_name as table,
  case when v.runway_ends = 'infinity' then 'Infinity' else coalesce(extract(epoch from v.time_left), 0) end::double precision as seconds,
  coalesce(extract(epoch from v.prepared_until - now()), 0)::double precision as prepared_seconds
from ${formatSource(settings, "runway")}`,
    cacheSeconds: CACHE_SECONDS,
    columns: [
      ...TABLE,
      defineGauge("seconds", "Time until the first moment without a partition; 0: the present one has none"),
      defineGauge("prepared_seconds", "Time until the end of what the schedule in the database can create"),
    ],
  };
}

function buildCreationQuery(settings: MonitoringSettings): MetricQuery {
  return {
    name: "pgpartition_creation",
    sql: `select v.schema_name as schema, v.table_name as table, v.missing
from ${formatSource(settings, "creation_health")}`,
    cacheSeconds: CACHE_SECONDS,
    columns: [...TABLE, defineGauge("missing", "Partitions that should exist and do not")],
  };
}

function buildTableQuery(settings: MonitoringSettings): MetricQuery {
  const management = quote(settings.managementSchema);
  return {
    name: "pgpartition_table",
    sql: `select v.schema_name as schema, v.table_name as table, count(*) as partitions, sum(v.size_bytes) as size_bytes,
  max(v.size_bytes) as largest_bytes,
  coalesce(max(i.median_bytes), 0) as median_bytes, coalesce(max(i.ratio), 1)::double precision as imbalance_ratio,
  coalesce(max(g.table_bytes_per_day), 0)::double precision as growth_bytes_per_day
from ${formatSource(settings, "leaf_facts", "true")}
left join ${management}.imbalance i on i.schema_name = v.schema_name and i.table_name = v.table_name
left join ${management}.table_growth g on g.schema_name = v.schema_name and g.table_name = v.table_name
where ${buildTableCondition(settings)}
group by v.schema_name, v.table_name`,
    cacheSeconds: SIZE_CACHE_SECONDS,
    columns: [
      ...TABLE,
      defineGauge("partitions", "Partitions of the table"),
      defineGauge("size_bytes", "Bytes of all partitions with their indexes"),
      defineGauge("largest_bytes", "Bytes of the largest partition"),
      defineGauge("median_bytes", "Median of the bytes of the partitions that have begun"),
      defineGauge("imbalance_ratio", "The largest partition against the median"),
      defineGauge("growth_bytes_per_day", "Bytes that a day adds, measured on the last intervals"),
    ],
  };
}

function buildPartitionQuery(settings: MonitoringSettings): MetricQuery {
  return {
    name: "pgpartition_partition",
    sql: `select v.schema_name as schema, v.table_name as table, ${PARTITION_NAME}, v.size_bytes,
  coalesce(v.row_estimate, v.live_tuples) as rows, v.dead_tuples
from ${formatSource(settings, "partition_info")}`,
    cacheSeconds: SIZE_CACHE_SECONDS,
    columns: [
      ...TABLE,
      defineLabel("partition", "Name of the partition"),
      defineGauge("size_bytes", "Bytes of the partition with its indexes"),
      defineGauge("rows", "Rows according to the statistics"),
      defineGauge("dead_tuples", "Rows that vacuum has not cleared away"),
    ],
  };
}

function buildDefaultQuery(settings: MonitoringSettings): MetricQuery {
  return {
    name: "pgpartition_default",
    sql: `select v.schema_name as schema, v.table_name as table, ${PARTITION_NAME},
  coalesce(v.row_estimate, 0) as rows
from ${formatSource(settings, "default_rows")}`,
    cacheSeconds: CACHE_SECONDS,
    columns: [
      ...TABLE,
      defineLabel("partition", "Name of the default partition"),
      defineGauge("rows", "Rows that no other partition took, according to the statistics"),
    ],
  };
}

function buildJobQuery(settings: MonitoringSettings): MetricQuery {
  return {
    name: "pgpartition_job",
    sql: `select v.schema_name as schema, v.table_name as table, v.job,
  case when v.state in ('missing', 'hidden') then 0 else 1 end as visible,
  case when v.state = 'failed' then 1 else 0 end as failed,
  case when v.state = 'inactive' then 1 else 0 end as inactive,
  coalesce(extract(epoch from v.idle), 0)::double precision as idle_seconds
from ${formatSource(settings, "job_health()")}`,
    cacheSeconds: CACHE_SECONDS,
    columns: [
      ...TABLE,
      defineLabel("job", "Name of the job in pg_cron"),
      defineGauge("visible", "0: the job is gone, or hidden from the exporter's role"),
      defineGauge("failed", "1: its last run failed"),
      defineGauge("inactive", "1: it is switched off"),
      defineGauge("idle_seconds", "Time since its last run, or since it was created; 0 where that cannot be read"),
    ],
  };
}

function buildWritesQuery(settings: MonitoringSettings): MetricQuery {
  return {
    name: "pgpartition_writes",
    sql: `select v.schema_name as schema, v.table_name as table, v.month,
  v.inserted as inserted_total, v.updated as updated_total, v.deleted as deleted_total
from ${formatSource(settings, "writes_by_month")}`,
    cacheSeconds: CACHE_SECONDS,
    columns: [
      ...TABLE,
      defineLabel("month", "Month in which the partition begins"),
      defineCounter("inserted_total", "Rows inserted into the partitions of the month"),
      defineCounter("updated_total", "Rows updated in the partitions of the month"),
      defineCounter("deleted_total", "Rows deleted from the partitions of the month"),
    ],
  };
}

function buildIndexQuery(settings: MonitoringSettings): MetricQuery {
  return {
    name: "pgpartition_index",
    sql: `select v.schema_name as schema, v.table_name as table, v.index_name as index, v.idx_scan as scans_total,
  v.idx_tup_read as tuples_read_total, v.idx_tup_fetch as tuples_fetched_total, v.size_bytes, v.unused_leaves, v.invalid_leaves
from ${formatSource(settings, "index_use_total")}`,
    cacheSeconds: SIZE_CACHE_SECONDS,
    columns: [
      ...TABLE,
      defineLabel("index", "Name of the index on the table; on the partition where it is of one partition alone"),
      defineCounter("scans_total", "Scans of the index on all partitions"),
      defineCounter("tuples_read_total", "Entries that the scans returned"),
      defineCounter("tuples_fetched_total", "Live rows that simple scans fetched"),
      defineGauge("size_bytes", "Bytes of the index on all partitions"),
      defineGauge("unused_leaves", "Partitions on which it was never used"),
      defineGauge("invalid_leaves", "Partitions on which it is invalid"),
    ],
  };
}

function buildSlowQuery(settings: MonitoringSettings): MetricQuery {
  return {
    name: "pgpartition_statement",
    // Exports every statement above a tenth of the limit: one that has just become slow has a history for comparison.
    sql: `select v.schema_name as schema, v.table_name as table, v.query_id, v.calls as calls_total,
  v.total_ms / 1000 as seconds_total, v.mean_ms / 1000 as mean_seconds
from ${formatSource(settings, `slow_queries(${settings.slowQueryMs / 10}, 100)`)}`,
    cacheSeconds: CACHE_SECONDS,
    columns: [
      ...TABLE,
      defineLabel("query_id", "queryid of pg_stat_statements"),
      defineCounter("calls_total", "Calls of the statement"),
      defineCounter("seconds_total", "Total time"),
      defineGauge("mean_seconds", "Mean time since the statistics were reset"),
    ],
  };
}

/** Returns the view as `v`, filtered by the chosen tables. */
function formatSource(settings: MonitoringSettings, view: string, where = buildTableCondition(settings)): string {
  const source = `${quote(settings.managementSchema)}.${view} v`;
  return where === "true" ? source : `${source}\nwhere ${where}`;
}

function buildTableCondition(settings: MonitoringSettings): string {
  if (!settings.tables) return "true";
  const names = settings.tables.map(({ schema, table }) => `(${quoteLiteral(schema)}, ${quoteLiteral(table)})`);
  return names.length === 0 ? "false" : `(v.schema_name, v.table_name) in (${names.join(", ")})`;
}

function defineLabel(name: string, description: string): MetricColumn {
  return { name, usage: "LABEL", description };
}

function defineGauge(name: string, description: string): MetricColumn {
  return { name, usage: "GAUGE", description };
}

function defineCounter(name: string, description: string): MetricColumn {
  return { name, usage: "COUNTER", description };
}
