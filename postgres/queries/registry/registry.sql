-- One row, always: what the registry and the ledger say about the table $1.$2. Of the ledger the latest entry for each
-- branch, interval and event. A table is ours and away when the ledger knows its oid, a relation with that oid still exists, and it has
-- no parent, by our hand or by another's: names never decide. Only our detach promises a drop, in its detail. $3: as in partitions.sql.
with entries as (
  -- A schema of version 1 has no branches, nor what is read by name below: reading must not fail before the upgrade.
  select id, partition_name, partition_oid, lower_bound, upper_bound, event, effective_at, detail,
         coalesce(to_jsonb(l) ->> 'branch', '') as branch
  from :management.ledger l
  where schema_name = $1::text and table_name = $2::text
),
latest as (
  select distinct on (e.branch, e.lower_bound, e.upper_bound, e.event) e.*
  from entries e
  order by e.branch, e.lower_bound, e.upper_bound, e.event, e.id desc
),
latest_of_table as (
  select distinct on (e.partition_oid) e.*
  from entries e
  where e.partition_oid is not null and e.event in ('created', 'adopted', 'attached', 'detaching', 'detached', 'dropped', 'released', 'restoring', 'restored')
  order by e.partition_oid, e.id desc
)
select
  (
    select json_build_object(
      'owner', r.owner,
      'mode', r.mode,
      'paused', r.paused,
      'window', r."window",
      'indexes', r.indexes,
      'profile', to_jsonb(r) -> 'profile',
      'policies', to_jsonb(r) -> 'policies',
      'expressions', to_jsonb(r) -> 'expressions',
      'publications', to_jsonb(r) -> 'publications',
      'prepared', to_jsonb(r) -> 'prepared',
      'schedule', to_jsonb(r) -> 'schedule',
      'aliases', (
        select json_agg(
          a.value - 'oid' - 'printed' || jsonb_build_object(
            'state',
            case
              when p.oid is null and v.oid is null then 'gone'
              when coalesce(md5(pg_get_functiondef(p.oid)), md5(pg_get_viewdef(v.oid))) = a.value ->> 'printed' then 'same'
              else 'changed'
            end
          ) || case when a.value ->> 'kind' = 'query' and p.oid is not null then jsonb_build_object(
            'arguments', oidvectortypes(p.proargtypes),
            'defaults', p.pronargdefaults,
            'callers', case when p.proacl is not null then (
              select coalesce(jsonb_agg(jsonb_build_object('role', g.rolname, 'grantable', e.is_grantable) order by g.rolname), '[]')
              from aclexplode(p.proacl) e
              left join pg_roles g on g.oid = e.grantee
              where e.grantee <> p.proowner
            ) end
          ) else '{}' end
          order by a.position
        )
        from jsonb_array_elements(to_jsonb(r) -> 'aliases') with ordinality a (value, position)
        left join pg_namespace n on n.nspname = a.value ->> 'schema'
        left join pg_proc p
          on a.value ->> 'kind' in ('function', 'query') and p.oid = (a.value ->> 'oid')::oid and p.proname = a.value ->> 'name' and p.pronamespace = n.oid
        left join pg_class v
          on a.value ->> 'kind' = 'view' and v.oid = (a.value ->> 'oid')::oid and v.relname = a.value ->> 'name' and v.relnamespace = n.oid
      )
    )
    from :management.registry r
    where r.schema_name = $1::text and r.table_name = $2::text
  ) as registration,
  (
    select json_agg(
      json_build_object(
        'partition', l.partition_name,
        'branch', l.branch,
        'oid', l.partition_oid::text,
        'lower', l.lower_bound::text,
        'upper', l.upper_bound::text,
        'event', l.event,
        'at', l.effective_at::text,
        'detail', l.detail
      )
      order by l.id
    )
    from latest l
  ) as ledger,
  (
    select json_agg(
      json_build_object(
        'schema', n.nspname,
        'name', c.relname,
        'oid', c.oid::text,
        'branch', t.branch,
        'lower', t.lower_bound::text,
        'upper', t.upper_bound::text,
        'event', t.event,
        'at', t.effective_at::text,
        'detail', t.detail,
        'archived', (
          select case when a.event = 'archived' then a.detail || jsonb_build_object('at', a.effective_at::text) end
          from :management.ledger a
          where a.partition_oid = c.oid and a.event in ('detached', 'attached', 'exporting', 'archived', 'doubted')
          order by a.id desc limit 1
        ),
        'foreign', c.relkind = 'f',
        'fenced', exists (select from pg_trigger g where g.tgrelid = c.oid and g.tgname = 'pgpartition_fence'),
        'unreadBy', (
          select json_agg(s.slot_name order by s.slot_name)
          from pg_replication_slots s
          where s.database = current_database() and s.confirmed_flush_lsn < (t.detail ->> 'lsn')::pg_lsn
        ),
        'references', (
          select json_agg(distinct rn.nspname || '.' || rc.relname)
          from pg_constraint k
          join pg_class rc on rc.oid = k.confrelid
          join pg_namespace rn on rn.oid = rc.relnamespace
          where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0
        ),
        'parts', case when c.relkind = 'p' then (
          select json_agg(pn.nspname || '.' || pc.relname order by p.level, pn.nspname, pc.relname)
          from pg_partition_tree(c.oid) p
          join pg_class pc on pc.oid = p.relid
          join pg_namespace pn on pn.oid = pc.relnamespace
          where p.level > 0
        ) end,
        'rows', case
          when c.relkind <> 'r' or not $3::boolean then case when c.reltuples >= 0 then c.reltuples::bigint end
          when pg_relation_size(c.oid) = 0 then 0
          when c.reltuples >= 0 then greatest(
            case
              when c.relpages > 0 then c.reltuples * (pg_relation_size(c.oid) / current_setting('block_size')::int) / c.relpages
              else c.reltuples
            end,
            pg_stat_get_live_tuples(c.oid)
          )::bigint
        end,
        'bytes', case when $3::boolean then pg_total_relation_size(c.oid) else 8192 * c.relpages::bigint end
      )
      order by t.upper_bound, c.relname
    )
    from latest_of_table t
    join pg_class c on c.oid = t.partition_oid
    join pg_namespace n on n.oid = c.relnamespace
    where t.event in ('created', 'adopted', 'attached', 'detaching', 'detached', 'restoring', 'restored')
      and c.relkind in ('r', 'p', 'f')
      and not exists (select from pg_inherits i where i.inhrelid = c.oid)
  ) as detached
