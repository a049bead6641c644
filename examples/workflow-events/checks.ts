// What the system asks of its table, as queries: its verification script, its monitoring, and what it looks at before a month goes.

/** `p` once the table is partitioned. */
export const KIND = "select relkind as kind from pg_class where oid = 'public.workflow_events'::regclass";

/** Partitions with their bounds. */
export const PARTITIONS = `
select child.relname as partition, pg_get_expr(child.relpartbound, child.oid) as bounds
from pg_inherits join pg_class child on child.oid = inhrelid
where inhparent = 'public.workflow_events'::regclass order by child.relname`;

/** Partitions that lack one of the three indexes. */
export const WITHOUT_INDEXES = `
select p.partition from (${PARTITIONS}) p where 3 > (
  select count(*) from pg_indexes i
  where i.schemaname = 'public' and i.tablename = p.partition
    and i.indexname in (p.partition || '_run_id_idx', p.partition || '_run_ts_idx', p.partition || '_type_idx'))`;

/** Functions that callers use and that are missing. */
export const MISSING_FUNCTIONS = `
select name from unnest(array[
  'create_workflow_events_partition', 'maintain_workflow_events_partitions', 'get_workflow_events_partition_stats',
  'get_workflow_run_events'
]) name where not exists (select from pg_proc where pronamespace = 'public'::regnamespace and proname = name)`;

/** Inserts an event and tells the partition that took it; run it in a transaction that is rolled back. $1: the run. $2: when. */
export const PROBE = `
insert into public.workflow_events (run_id, ts, type, payload) values ($1::uuid, $2::timestamptz, 'probe', '{}')
returning tableoid::regclass::text as partition`;

/** Events of a range of time, of which the partitions of the range alone are read. $1, $2: its ends. */
export const IN_RANGE = "select * from public.workflow_events where ts >= $1::timestamptz and ts < $2::timestamptz";

/** Events of one run. $1: the run. $2, $3: ends of the range, which a call may leave out. */
export const OF_RUN =
  "select * from public.get_workflow_run_events($1::uuid, $2::timestamptz, $3::timestamptz) order by ts";

/** Partitions with size and estimated rows, the newest first. */
export const INFO = `
select partition_name, size_pretty, row_estimate::int as row_estimate, last_analyze
from public.workflow_events_partition_info order by partition_name desc`;

/** Partitions with their range, all rows counted, the newest first. */
export const STATS = `
select partition_name, starts_at, ends_at, row_count::int as row_count, size_bytes::int as size_bytes, size_pretty
from public.get_workflow_events_partition_stats() order by partition_name desc`;

/** Partitions above 200 GB, and above 100 GB, as the program says; with the interval that fits their growth. */
export const TOO_LARGE = `
select partition_name, size_pretty, verdict, suggested_interval from pgpartition.partition_size
where table_name = 'workflow_events' and verdict in ('warn', 'alert')`;

/** What the next update archives and drops. $1: now. */
export const EXPIRED = `
select partition_name, row_estimate::int as row_estimate, size_pretty
from pgpartition.expired('public.workflow_events', $1::timestamptz)`;

/** Updates the statistics of the table and of every partition, as after a bulk load. */
export const ANALYZE = "select pgpartition.analyze_partitions('public.workflow_events', true)";

/** Rows of both tables: equal until the first write after the swap, and again while a way back is kept current. */
export const COUNTS = `
select (select count(*)::int from public.workflow_events) as current,
  (select count(*)::int from public.workflow_events_legacy) as former`;

/** Events of runs that are gone: none, because they go with their run. */
export const ORPHANS = `
select count(*)::int as rows from public.workflow_events e
where not exists (select from public.workflow_runs r where r.id = e.run_id)`;

/** The job that creates partitions, and its schedule. */
export const JOB = "select schedule, active from cron.job where command like '%workflow_events%'";

/** Archived months: their rows, and whether the table of the month is dropped. */
export const ARCHIVES = `
select partition_name, row_count::int as row_count, manifest, dropped_at is not null as dropped
from pgpartition.archives where table_name = 'workflow_events' order by partition_name`;
