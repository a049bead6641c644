-- One row: the session that holds the lock of the table $1.$2.
select l.pid, nullif(a.application_name, '') as application, a.backend_start::timestamptz(0)::text as since
from (select hashtextextended('pgpartition:' || $1::text || '.' || $2::text, 0) as key) k
join pg_locks l
  on l.locktype = 'advisory'
  and l.granted
  and l.objsubid = 1
  and l.classid::bigint = ((k.key >> 32) & 4294967295)
  and l.objid::bigint = (k.key & 4294967295)
  and l.database = (select d.oid from pg_database d where d.datname = current_database())
left join pg_stat_activity a on a.pid = l.pid
