-- One row: a job of pg_cron for this database that this role may see.
select j.jobid::text as id, to_jsonb(j) ->> 'jobname' as name, j.schedule, j.command, j.active
from cron.job j
where j.database = current_database()
order by j.jobid
