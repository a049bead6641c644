-- Standbys that report (hot_standby_feedback) a snapshot which does not reach transaction $1: the process that sends to them has it,
-- or the slot that they read. Those of logical slots are no standbys. Takes no lock of a table.
select coalesce(nullif(w.application_name, ''), host(w.client_addr), 'unnamed') as name
from pg_stat_replication w
left join pg_replication_slots s on s.active_pid = w.pid
where s.slot_type is distinct from 'logical'
  and coalesce(w.backend_xmin, s.xmin) is not null
  and age(coalesce(w.backend_xmin, s.xmin)) > age($1::xid8::xid)
order by w.pid
