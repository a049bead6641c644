// What the system asks of its table, as queries: before and after the conversion, every day, and before the former table is dropped.

/** Size of the plain table, to plan disk and time. */
export const SIZE = "select pg_total_relation_size('public.agent_logs') as bytes";

/** Partitions with their bounds. */
export const PARTITIONS = `
select child.relname as partition, pg_get_expr(child.relpartbound, child.oid) as bounds
from pg_inherits join pg_class child on child.oid = inhrelid
where inhparent = 'public.agent_logs'::regclass order by child.relname`;

/** Partitions that lack one of the hot indexes. */
export const WITHOUT_HOT_INDEXES = `
select p.partition from (${PARTITIONS}) p where 2 > (
  select count(*) from pg_indexes i
  where i.schemaname = 'public' and i.tablename = p.partition
    and i.indexname in ('idx_' || p.partition || '_company_ts', 'idx_' || p.partition || '_task_ts'))`;

/** Rows of both tables: equal until the first write after the swap. */
export const COUNTS = `
select (select count(*)::int from public.agent_logs) as current, (select count(*)::int from public.agent_logs_legacy) as former`;

/** The last hour of one company, which reads one partition by one index. $1: the company. $2: now. */
export const HOT_PATH = `
select * from public.agent_logs
where company_id = $1 and ts > $2::timestamptz - interval '1 hour' order by ts desc limit 200`;

/** Live and dead rows and bytes of each partition. */
export const HEALTH = `
select s.relname as partition, pg_total_relation_size(s.relid) as bytes, s.n_live_tup::int as live, s.n_dead_tup::int as dead
from pg_stat_user_tables s join pg_inherits on inhrelid = s.relid
where inhparent = 'public.agent_logs'::regclass order by bytes desc`;

/** Rows and companies by month. $1: the months before it. */
export const WRITE_VOLUME = `
select to_char(ts at time zone 'UTC', 'YYYY-MM') as month, count(*)::int as rows, count(distinct company_id)::int as companies
from public.agent_logs where ts >= $1::timestamptz group by 1 order by 1 desc`;

/** Scans and rows of each hot index. */
export const INDEX_USE = `
select relname as partition, indexrelname as index, idx_scan, idx_tup_read, idx_tup_fetch
from pg_stat_user_indexes where schemaname = 'public' and indexrelname like 'idx\\_agent\\_logs\\_%' order by idx_scan desc`;

/** Policies of the table. */
export const POLICIES = `
select policyname as name, permissive, roles::text[] as roles, cmd, qual
from pg_policies where schemaname = 'public' and tablename = 'agent_logs'`;

/** Publications that stream it. */
export const PUBLICATIONS = `
select pubname as name from pg_publication_tables where schemaname = 'public' and tablename like 'agent\\_logs%' order by 1`;

/** The job that creates partitions. */
export const JOB = "select jobname, schedule, active from cron.job where jobname = 'agent_logs_rotate_daily'";

/** Partitions that the retention of 13 months has expired by now. $1: now. */
export const EXPIRED = `
select p.partition from (${PARTITIONS}) p
where to_date(right(p.partition, 6), 'YYYYMM') + interval '1 month' <= date_trunc('month', $1::timestamptz) - interval '13 months'`;
