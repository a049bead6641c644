-- One row, always, in a database that has pg_cron: by which zone it reads schedules, what this role may do with it, and the named
-- jobs that this role may see, each with its latest run among the last 20,000 runs: their table has no index by job.
with recent as (
  select d.jobid, d.runid, d.status, d.return_message, d.start_time from cron.job_run_details d order by d.runid desc limit 20000
),
latest as (
  select distinct on (r.jobid) r.* from recent r order by r.jobid, r.runid desc
)
select
  coalesce((select s.setting from pg_settings s where s.name = 'cron.timezone'), 'GMT') as zone,
  (select r.rolsuper from pg_roles r where r.rolname = current_user) as superuser,
  coalesce(
    has_function_privilege(to_regprocedure('cron.schedule_in_database(text, text, text, text, text, boolean)'), 'EXECUTE'), false
  ) as may_schedule_in_database,
  coalesce(
    has_function_privilege(to_regprocedure('cron.alter_job(bigint, text, text, text, text, boolean)'), 'EXECUTE'), false
  ) as may_alter,
  current_database() as database,
  current_user as role,
  (
    select json_agg(
      json_build_object(
        'jobId', j.jobid::text,
        'job', j.jobname,
        'cron', j.schedule,
        'command', j.command,
        'database', j.database,
        'user', j.username,
        'active', j.active,
        'run', case when l.jobid is not null then json_build_object(
          'at', l.start_time::text, 'status', l.status, 'message', l.return_message
        ) end
      )
      order by j.jobid
    )
    from cron.job j
    left join latest l on l.jobid = j.jobid
    where j.jobname is not null
  ) as jobs
