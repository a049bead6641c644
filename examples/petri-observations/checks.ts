// What the system asks of its table, as queries: before and after the conversion, every day, and before the former table is dropped.

/** Size of the plain table, to plan disk and time. */
export const SIZE = "select pg_total_relation_size('public.petri_observations') as bytes";

/** Rows of each program, site by site, in both tables: equal until the first write after the swap. */
export const DIFFERENT_COUNTS = `
with counted as (
  select program_id, site_id, count(*) as rows, sum(growth_index) as growth from public.petri_observations group by 1, 2),
former as (
  select program_id, site_id, count(*) as rows, sum(growth_index) as growth from public.petri_observations_old group by 1, 2)
select program_id, site_id, counted.rows::int as current, former.rows::int as former
from counted full join former using (program_id, site_id)
where (counted.rows, counted.growth) is distinct from (former.rows, former.growth)`;

/** Everything below the table: programs, sites, and partitions with their bounds. */
export const PARTITIONS = `
select child.relname as partition, t.level, t.isleaf as holds, pg_get_expr(child.relpartbound, child.oid) as bounds
from pg_partition_tree('public.petri_observations') t join pg_class child on child.oid = t.relid
where t.level > 0 order by child.relname`;

/** Sites of programs in use whose branch is missing: their observations would be refused. */
export const SITES_WITHOUT_BRANCH = `
select s.program_id, s.site_id from public.sites s join public.pilot_programs p using (program_id)
where p.end_date > current_date and not exists (
  select from pg_partition_tree('public.petri_observations') t join pg_class c on c.oid = t.relid
  where c.relname = 'petri_obs_prog_' || regexp_replace(s.program_id, '\\W', '', 'g') || '_site_' || regexp_replace(s.site_id, '\\W', '', 'g'))`;

/** Partitions over 1 GB. */
export const LARGE = `
select c.relname as partition, pg_total_relation_size(c.oid) as bytes
from pg_partition_tree('public.petri_observations') t join pg_class c on c.oid = t.relid
where t.isleaf and pg_total_relation_size(c.oid) > 1073741824 order by bytes desc`;

/** Partitions without a row by the server's count: what \`cleanup_empty_partitions\` looked for. */
export const EMPTY = `
select s.relname as partition from pg_stat_user_tables s
join pg_partition_tree('public.petri_observations') t on t.relid = s.relid where t.isleaf and s.n_live_tup = 0 order by 1`;

/** Growth at one site since a day. $1: program. $2: site. $3: the day. */
export const SITE_GROWTH = `
select count(*)::int as rows, avg(growth_index) as growth from public.petri_observations
where program_id = $1 and site_id = $2 and created_at >= $3`;

/** One submission: without program and time it looks into every partition. $1: the submission. */
export const SUBMISSION = "select * from public.petri_observations where submission_id = $1";

/** Policies of the table. */
export const POLICIES = `
select policyname as name, permissive, roles::text[] as roles, cmd, qual
from pg_policies where schemaname = 'public' and tablename = 'petri_observations'`;

/** The job that creates branches and partitions. */
export const JOB = "select jobname, schedule, active from cron.job where jobname = 'petri_maintenance'";

/**
 * What the dashboards read, refreshed without stopping them. On the table itself PostgreSQL would bind it to the former one for good;
 * on a view of the table, which the conversion points to the new one, it stays as it is.
 *
 * @param of the table, or a view of it
 */
export const makeDailyMetrics = (of: string): string => `
create materialized view public.mv_daily_metrics as
select program_id, site_id, date_trunc('day', created_at, 'UTC') as day, count(*)::int as rows, avg(growth_index) as growth
from ${of} group by 1, 2, 3;
create unique index mv_daily_metrics_key on public.mv_daily_metrics (program_id, site_id, day)`;

export const VIEW_FOR_METRICS = `
create view public.petri_observed as select program_id, site_id, created_at, growth_index from public.petri_observations`;
