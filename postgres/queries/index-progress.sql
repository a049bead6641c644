-- One row: how far an index build on the relation $1 (`schema.name`) is, and how many transactions it still has to wait for.
select
  p.phase,
  round(100.0 * p.blocks_done / nullif(p.blocks_total, 0)) as blocks_percent,
  round(100.0 * p.tuples_done / nullif(p.tuples_total, 0)) as tuples_percent,
  p.lockers_total - p.lockers_done as waiting_for
from pg_stat_progress_create_index p
join pg_class c on c.oid = p.relid
join pg_namespace n on n.oid = c.relnamespace
where p.datname = current_database() and n.nspname || '.' || c.relname = $1::text
limit 1
