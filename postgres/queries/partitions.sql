-- The table with oid $1 itself and all its partitions, at any depth, parents first. $2: whether sizes are read from the files, which
-- waits for a lock on each partition, or estimated from the last vacuum. The bounds are printed without naming the table, so that
-- no lock is taken. `carried` is what PostgreSQL does not hand down from the table to a partition, `unsaid` in it what no
-- declaration can say and a new partition has as its siblings have it; `fallback` more about its default partition.
with recursive family as (
  select $1::oid as oid, null::oid as parent, 0 as depth, false as pending
  union all
  select i.inhrelid, i.inhparent, f.depth + 1, i.inhdetachpending
  from family f
  join pg_inherits i on i.inhparent = f.oid
  where f.depth < 5
)
select
  c.oid::text as oid,
  f.parent::text as parent,
  p.partstrat as strategy,
  case when p.partnatts = 1 then (
    select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum = p.partattrs[0]
  ) end as key_column,
  n.nspname as schema,
  c.relname as name,
  pg_get_expr(c.relpartbound, 0) as bounds,
  c.relkind = 'p' as partitioned,
  c.relkind = 'f' as is_foreign,
  f.pending,
  case
    when f.depth = 0 or c.relkind = 'f' or not $2::boolean then case when c.reltuples >= 0 then c.reltuples::bigint end
    else (
      -- Rows since the last ANALYZE count as well: by the density of then, as the planner does, or as the activity was counted.
      select case when bool_and(e.rows is not null) then sum(e.rows)::bigint end
      from (
        select c.oid as relid where c.relkind <> 'p'
        union all
        select l.relid from pg_partition_tree(case when c.relkind = 'p' then c.oid end) l where l.isleaf
      ) t
      join pg_class p on p.oid = t.relid
      cross join lateral (select pg_relation_size(p.oid) / current_setting('block_size')::int as pages) s
      cross join lateral (
        select case
          -- Without a page there is no row.
          when s.pages = 0 then 0
          when p.reltuples < 0 then null
          else greatest(
            case when p.relpages > 0 then p.reltuples * s.pages / p.relpages else p.reltuples end,
            pg_stat_get_live_tuples(p.oid)
          )
        end as rows
      ) e
    )
  end as rows,
  c.relhastriggers and exists (
    select from pg_trigger g where g.tgrelid = c.oid and g.tgname = 'pgpartition_fence'
  ) as fenced,
  c.relhastriggers and f.depth > 0 and exists (
    select from pg_trigger g where g.tgrelid = c.oid and g.tgname = 'pgpartition_capture' and g.tgparentid = 0
  ) as splitting,
  case when f.depth > 0 then (
    select sum(
      case
        when $2::boolean then pg_total_relation_size(t.relid)
        else 8192 * (
          select coalesce(sum(p.relpages), 0)
          from pg_class p
          where p.oid = t.relid
            or p.oid in (select x.indexrelid from pg_index x where x.indrelid = t.relid)
            or p.oid in (select h.reltoastrelid from pg_class h where h.oid = t.relid)
        )
      end
    )
    from (
      select c.oid as relid where c.relkind <> 'p'
      union all
      select l.relid from pg_partition_tree(case when c.relkind = 'p' then c.oid end) l where l.isleaf
    ) t
  ) end::bigint as bytes,
  json_build_object(
    'owner', pg_get_userbyid(c.relowner),
    'ours', pg_has_role(current_user, c.relowner, 'USAGE'),
    'enabled', c.relrowsecurity,
    'forced', c.relforcerowsecurity,
    'policies', (
      select json_agg(
        json_build_object(
          'name', o.polname,
          'command', case o.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
          'roles', (
            select json_agg(case when r.oid = 0 then 'public' else pg_get_userbyid(r.oid) end order by case when r.oid = 0 then 'public' else pg_get_userbyid(r.oid) end)
            from unnest(o.polroles) r (oid)
          ),
          'restrictive', not o.polpermissive,
          'using', pg_get_expr(o.polqual, o.polrelid),
          'withCheck', pg_get_expr(o.polwithcheck, o.polrelid)
        )
        order by o.polname
      )
      from pg_policy o
      where o.polrelid = c.oid
    ),
    'grants', (
      select json_agg(
        json_build_object('role', g.role, 'privileges', coalesce(g.privileges, '[]'), 'others', g.others, 'grantable', g.grantable)
        order by g.role
      )
      from (
        select case when a.grantee = 0 then 'public' else pg_get_userbyid(a.grantee) end as role,
               json_agg(distinct lower(a.privilege_type)) filter (where a.whole and a.grantor = c.relowner) as privileges,
               json_agg(distinct lower(a.privilege_type)) filter (where not (a.whole and a.grantor = c.relowner)) as others,
               json_agg(distinct lower(a.privilege_type)) filter (where a.is_grantable) as grantable
        from (
          select true as whole, t.* from aclexplode(c.relacl) t
          union all
          select false, s.*
          from pg_attribute p, aclexplode(p.attacl) s
          where p.attrelid = c.oid and p.attacl is not null and not p.attisdropped
        ) a
        where a.grantee <> c.relowner
        group by a.grantee
      ) g
    ),
    'replica', c.relreplident,
    'replicaIndex', case when c.relreplident = 'i' then (
      select ic.relname from pg_index x join pg_class ic on ic.oid = x.indexrelid where x.indrelid = c.oid and x.indisreplident
    ) end,
    'options', (select json_object_agg(o.option_name, o.option_value) from pg_options_to_table(c.reloptions) o),
    'toast', case when c.reltoastrelid <> 0 then coalesce((
      select json_object_agg(o.option_name, o.option_value)
      from pg_class h, pg_options_to_table(h.reloptions) o
      where h.oid = c.reltoastrelid
    ), '{}') end,
    'tablespace', (
      select s.spcname
      from pg_tablespace s
      where s.oid = case
        when c.reltablespace = 0 and c.relkind <> 'p' then (select d.dattablespace from pg_database d where d.datname = current_database())
        else c.reltablespace
      end
    ),
    'statistics', (
      select json_object_agg(a.attname, a.attstattarget)
      from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attstattarget >= 0
    ),
    'uniqueIndexes', case when f.depth > 0 and ($3::boolean or (select r.relreplident = 'i' from pg_class r where r.oid = $1::oid)) then (
      select json_object_agg(pc.relname, ic.relname)
      from pg_index x
      join pg_class ic on ic.oid = x.indexrelid
      join pg_inherits xi on xi.inhrelid = x.indexrelid
      join pg_class pc on pc.oid = xi.inhparent
      where x.indrelid = c.oid and x.indisunique
    ) end,
    'unsaid', json_strip_nulls(json_build_object(
      'mayOwn', case
        when c.relowner = (select r.relowner from pg_class r where r.oid = $1::oid) then null
        else current_setting('is_superuser')::boolean or (
          has_schema_privilege(c.relowner, c.relnamespace, 'CREATE')
          and pg_has_role(
            current_user, c.relowner, case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end
          )
        )
      end,
      'held', (
        select json_agg(json_build_object('role', h.role, 'privilege', h.privilege, 'columns', h.columns, 'grantable', h.grantable)
          order by h.role, h.privilege, h.grantable)
        from (
          select case when a.grantee = 0 then 'public' else pg_get_userbyid(a.grantee) end as role,
                 lower(a.privilege_type) as privilege, null::json as columns, bool_or(a.is_grantable) as grantable
          from aclexplode(c.relacl) a
          where a.grantee <> c.relowner
          group by a.grantee, a.privilege_type
          union all
          select case when a.grantee = 0 then 'public' else pg_get_userbyid(a.grantee) end,
                 lower(a.privilege_type), json_agg(p.attname order by p.attnum), a.is_grantable
          from pg_attribute p, aclexplode(p.attacl) a
          where p.attrelid = c.oid and p.attacl is not null and not p.attisdropped and a.grantee <> c.relowner
          group by a.grantee, a.privilege_type, a.is_grantable
        ) h
      ),
      'identityOf', case when c.relreplident = 'i' then (
        select pc.relname
        from pg_index x
        join pg_class pc on pc.oid = pg_partition_root(x.indexrelid)
        where x.indrelid = c.oid and x.indisreplident and pc.oid <> x.indexrelid
      ) end,
      'ownKey', case when f.depth > 0 then (
        select json_agg(a.attname order by k.position)
        from pg_index x
        cross join unnest(x.indkey::int2[]) with ordinality k (attnum, position)
        join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.attnum
        where x.indrelid = c.oid and x.indisprimary and k.position <= x.indnkeyatts
          and not exists (select from pg_inherits i where i.inhrelid = x.indexrelid)
      ) end,
      'clustered', (
        select json_build_object('index', ic.relname, 'of', pc.relname)
        from pg_index x
        join pg_class ic on ic.oid = x.indexrelid
        left join pg_class pc on pc.oid = pg_partition_root(x.indexrelid) and pc.oid <> x.indexrelid
        where x.indrelid = c.oid and x.indisclustered
      ),
      'placed', case when c.reltablespace <> 0 then true end,
      'accessMethod', (select m.amname from pg_am m where m.oid = c.relam),
      'unlogged', case when c.relpersistence = 'u' then true end,
      'columns', (
        select json_agg(
          json_build_object(
            'name', a.attname,
            'storage', case when a.attstorage <> r.attstorage then a.attstorage end,
            'compression', case when a.attcompression <> r.attcompression then coalesce(nullif(a.attcompression, ''), 'd') end,
            'options', (select json_object_agg(o.option_name, o.option_value) from pg_options_to_table(a.attoptions) o)
          )
          order by a.attname
        )
        from pg_attribute a
        join pg_attribute r on r.attrelid = $1::oid and r.attname = a.attname
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          and (a.attstorage <> r.attstorage or a.attcompression <> r.attcompression or a.attoptions is not null)
      ),
      'identities', (
        select json_agg(a.attname order by a.attnum)
        from pg_attribute a
        join pg_attribute r on r.attrelid = $1::oid and r.attname = a.attname
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attidentity <> '' and r.attidentity = ''
      ),
      'extended', (
        select json_agg(
          json_build_object(
            'kinds', (
              select json_agg(case k.kind when 'd' then 'ndistinct' when 'f' then 'dependencies' else 'mcv' end order by k.kind)
              from unnest(s.stxkind) k (kind)
              where k.kind <> 'e'
            ),
            'columns', pg_get_statisticsobjdef_columns(s.oid)
          )
          order by pg_get_statisticsobjdef_columns(s.oid), s.stxkind::text
        )
        from pg_statistic_ext s
        where s.stxrelid = c.oid
      ),
      'triggers', case when f.depth > 0 and c.relhastriggers then (
        select json_agg(
          json_build_object(
            'name', t.tgname,
            'head', left(d.text, position(d.mark in d.text) - 1),
            'tail', substr(d.text, position(d.mark in d.text) + length(d.mark)),
            'fires', case t.tgenabled when 'O' then 'origin' when 'A' then 'always' when 'R' then 'replica' else 'never' end,
            'onInsert', t.tgtype & 4 <> 0
          )
          order by t.tgname
        )
        from pg_trigger t
        cross join lateral (
          select pg_get_triggerdef(t.oid) as text, format(' ON %I.%I ', n.nspname, c.relname) as mark
        ) d
        where t.tgrelid = c.oid and not t.tgisinternal and t.tgparentid = 0 and t.tgname not like 'pgpartition\_%'
      ) end,
      'comment', case when f.depth > 0 then obj_description(c.oid, 'pg_class') end
    ))
  ) as carried,
  case when f.depth = 1 and pg_get_expr(c.relpartbound, 0) = 'DEFAULT' then json_build_object(
    'pages', case when $2::boolean then pg_relation_size(c.oid) / current_setting('block_size')::int else c.relpages end,
    'hidden', row_security_active(c.oid),
    'checks', (
      select json_agg(json_build_object('name', k.conname, 'validated', k.convalidated) order by k.conname)
      from pg_constraint k
      where k.conrelid = c.oid and k.contype = 'c'
    ),
    'triggers', (
      select json_agg(
        json_build_object(
          'name', t.tgname,
          'fires', case t.tgenabled when 'O' then 'origin' when 'A' then 'always' else 'never' end,
          'inherited', (
            select case u.tgenabled when 'O' then 'origin' when 'A' then 'always' else 'never' end
            from pg_trigger u
            where u.oid = t.tgparentid
          ),
          'onInsert', t.tgtype & 4 <> 0,
          'onDelete', t.tgtype & 8 <> 0
        )
        order by t.tgname
      )
      from pg_trigger t
      where t.tgrelid = c.oid and not t.tgisinternal and t.tgtype & 12 <> 0
    )
  ) end as fallback
from family f
join pg_class c on c.oid = f.oid
join pg_namespace n on n.oid = c.relnamespace
left join pg_partitioned_table p on p.partrelid = c.oid
order by f.depth, n.nspname, c.relname
