-- One row: a statement of this database that names the text $1, by the time that all of its calls took. :management is the schema
-- of pg_stat_statements.
select s.query as text, s.calls::text as calls, s.mean_exec_time::text as mean
from :management.pg_stat_statements s
where s.dbid = (select d.oid from pg_database d where d.datname = current_database())
  and strpos(lower(s.query), lower($1::text)) > 0
  and s.query !~* '^\s*(alter|create|drop|comment|grant|revoke|analyze|vacuum|explain)\y'
order by s.total_exec_time desc
limit 200
