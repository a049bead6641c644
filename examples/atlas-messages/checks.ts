// What the system asks of its tables, as queries: after the conversion, and every month.

/** Kind of the tables: `p` is partitioned, `r` plain. */
export const KINDS = `
select relname as table, relkind as kind from pg_class
where relnamespace = 'public'::regnamespace and relname in ('messages', 'messages_partitioned', 'usage_logs', 'usage_logs_partitioned') order by relname`;

/** Partitions of both tables. */
export const PARTITIONS = `
select schemaname as schema, tablename as partition from pg_tables
where schemaname = 'public' and tablename ~ '^(messages|usage_logs)_20\\d\\d_\\d\\d$' order by tablename`;

/** Rows of both sides: equal but for what has been written to one and is not followed yet. */
export const COUNTS = `
select (select count(*)::int from public.messages) as messages,
  (select count(*)::int from public.messages_partitioned) as messages_partitioned,
  (select count(*)::int from public.usage_logs) as usage_logs,
  (select count(*)::int from public.usage_logs_partitioned) as usage_logs_partitioned`;

/** Messages that the partitioned table lacks, as the document looks for them. */
export const MISSING = `
select count(*)::int as rows from public.messages m
left join public.messages_partitioned mp on m.id = mp.id and m.created_at = mp.created_at where mp.id is null`;

/** Policies of both partitioned tables, and whether row security is on. */
export const ROW_SECURITY = `
select c.relname as table, c.relrowsecurity as secured, p.policyname as policy, p.roles::text[] as roles
from pg_class c left join pg_policies p on p.schemaname = 'public' and p.tablename = c.relname
where c.relnamespace = 'public'::regnamespace and c.relname in ('messages_partitioned', 'usage_logs_partitioned') order by c.relname`;

/** Messages of one month. */
export const JANUARY =
  "select * from public.messages_partitioned where created_at >= '2024-01-01Z' and created_at < '2024-02-01Z'";

/** Rows and size of each partition of messages. */
export const SIZES =
  "select partition_name, row_estimate::int as row_estimate, size_pretty from public.get_partition_sizes()";

/** Live and dead rows and size of each partition of messages. */
export const PERFORMANCE =
  "select partition_name, live_tuples::int as live, dead_tuples::int as dead, size_pretty from public.partition_performance";

/** Until when each table takes rows. */
export const RUNWAY = "select table_name, runway_ends from pgpartition.runway order by table_name";
