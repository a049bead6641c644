-- One row: one of our backends in $1, told to stop what it runs.
select p.pid, pg_cancel_backend(p.pid) as told
from unnest($1::int[]) p (pid)
