-- One row: what the journal and the catalogue say about the pace of the conversion $1. Takes no lock of a table.
select
  extract(epoch from c.updated_at - c.begun_at)::float8 as seconds_worked,
  extract(epoch from clock_timestamp() - c.updated_at)::float8 as seconds_since,
  nullif(s.reltuples, -1)::float8 as rows
from :management.conversions c
left join pg_class s on s.oid = c.source
where c.id = $1::bigint
