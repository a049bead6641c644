-- One row: a reason to keep the management schema: a table registered by another stack than $1, or a table of ours that
-- still exists and whose history is in the ledger.
select 'registered' as why, r.schema_name as schema, r.table_name as name, r.owner
from :management.registry r
where r.owner <> $1::text
union all
select distinct 'in the ledger', n.nspname::text, c.relname::text, null
from :management.ledger l
join pg_class c on c.oid = l.partition_oid
join pg_namespace n on n.oid = c.relnamespace
order by 1 desc, 2, 3
