// What the system asks of its tables, as queries: after the conversion, every day, and before the former tables are dropped.

/** The four tables, and the key of each. */
export const KEYS = {
  audit_logs: "created_at",
  object_history: "changed_at",
  slow_query_log: "timestamp",
  chat_messages: "created_at",
} as const;

const TABLES = Object.keys(KEYS);
const LIST = TABLES.map((table) => `'${table}'`).join(", ");

/** Kind of each table: `p` is partitioned, `r` plain. */
export const KINDS = `
select relname as table, relkind as kind from pg_class
where relnamespace = 'public'::regnamespace and relname in (${LIST}) order by relname`;

/** Partitions of all four with their bounds, as the document reads them from Greenplum's pg_partitions. */
export const PARTITIONS = `
select parent.relname as table, child.relname as partition, pg_get_expr(child.relpartbound, child.oid) as bounds
from pg_inherits join pg_class child on child.oid = inhrelid join pg_class parent on parent.oid = inhparent
where parent.relnamespace = 'public'::regnamespace and parent.relname in (${LIST}) and parent.relkind = 'p'
order by 1, 2`;

/** Rows that only one of both sides has: none, as long as the former table is kept equal. */
export const INTEGRITY = TABLES.map(
  (table) => `
select '${table}' as table, (select count(*)::int from public.${table}) as rows, (
  select count(*)::int from ((table public.${table} except all table public.${table}_legacy)
    union all (table public.${table}_legacy except all table public.${table})) differing) as differing`,
).join("\nunion all");

/** Validation: tables that take rows for less than two months to come, and those that lack a partition that is due. */
export const UNCOVERED = `
select table_name, runway_ends as since from pgpartition.runway where runway_ends < now() + interval '2 months'
union all
select table_name, due_since from pgpartition.creation_health where missing > 0`;

/** Rows that no partition was there for. */
export const IN_DEFAULT =
  "select table_name, partition_name, row_estimate from pgpartition.default_rows where row_estimate > 0";

/** Range, rows and size of each partition, the largest first; the document's v_partition_sizes. */
export const SIZES = `
select partition_name, starts_at as start_date, ends_at as end_date, row_estimate::int as row_count,
  round(size_bytes / 1048576.0, 2)::float as size_mb
from pgpartition.partition_info where table_name in (${LIST}) order by size_bytes desc, partition_name`;

/** The largest partition of each table against the median of those that have begun. */
export const IMBALANCE = `
select table_name, largest_partition, ratio::float as ratio from pgpartition.imbalance where table_name in (${LIST})
order by ratio desc`;

/** Inserts, updates and deletes of each partition since the statistics were reset. */
export const CHANGES = `
select s.relname as partition, n_tup_ins::int as inserts, n_tup_upd::int as updates, n_tup_del::int as deletes
from pg_stat_user_tables s join (${PARTITIONS}) p on p.partition = s.relname order by n_tup_ins desc`;

/** The month that a query of the document reads. $1, $2: its ends. */
export const MONTH =
  "select * from public.audit_logs where created_at >= $1::timestamptz and created_at < $2::timestamptz";

/** History of one object, with its time. $1: the object. $2: now. */
export const OF_OBJECT = `
select * from public.object_history
where object_id = $1 and changed_at >= $2::timestamptz - interval '30 days' order by changed_at desc`;

/** What is on record of each table: how long it is kept, and why. */
export const RETENTION = `
select table_name, "window" ->> 'retention' as retention, "window" ->> 'reason' as reason
from pgpartition.registry where table_name in (${LIST}) order by 1`;
