-- One row, always: the relation $1.$2 (schema, name) but for its partitions, null where there is none; the clock; whether the
-- management schema $3 has a registry; the schema of pg_partman, if it is there; whom default privileges would give rights on a new table; what the database publishes
-- and which logical slots it has; and what is in the way right now of changes to the table or a partition: transactions
-- older than $4 seconds that hold a lock on it, replication slots more than $5 MB behind, standbys more than $6 seconds.
with relation as (
  select c.oid, c.relname, n.nspname, c.relkind, c.relowner, n.oid as schema_oid
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1::text and c.relname = $2::text
),
family as (
  select oid from relation
  union all
  select i.inhrelid from pg_inherits i join relation r on i.inhparent = r.oid
),
old_transactions as (
  select distinct a.pid, coalesce(nullif(a.application_name, ''), a.backend_type) as application, a.state,
         extract(epoch from clock_timestamp() - a.xact_start)::bigint as seconds
  from pg_locks l
  join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'relation'
    and l.granted
    and l.database = (select d.oid from pg_database d where d.datname = current_database())
    and l.relation in (select oid from family)
    and a.pid <> pg_backend_pid()
    and a.xact_start < clock_timestamp() - make_interval(secs => $4::int)
),
old_prepared as (
  select distinct x.gid, extract(epoch from clock_timestamp() - x.prepared)::bigint as seconds
  from pg_locks l
  join pg_prepared_xacts x on l.transactionid = x.transaction
    or l.virtualtransaction = '-1/' || x.transaction::text
  where l.relation in (select oid from family)
),
lagging_slots as (
  select s.slot_name, (pg_wal_lsn_diff(w.here, s.restart_lsn) / 1048576)::bigint as megabytes
  from (select case when pg_is_in_recovery() then null else pg_current_wal_lsn() end as here) w, pg_replication_slots s
  where pg_wal_lsn_diff(w.here, s.restart_lsn) > $5::bigint * 1048576
),
-- What publications name, and what FOR ALL TABLES EXCEPT leaves out: from PostgreSQL 19 on pg_publication_rel has both.
publication_tables as (
  select m.*, coalesce((to_jsonb(m) ->> 'prexcept')::boolean, false) as excepted
  from pg_publication_rel m
),
-- Every publication, seen from the table: pg_publication_rel alone says whether it names it.
publications as (
  select p.pubname as name, p.oid::text as oid, pg_get_userbyid(p.pubowner) as owner,
         pg_has_role(current_user, p.pubowner, 'USAGE') as mine, p.puballtables as "allTables", p.pubviaroot as "viaRoot",
         (
           select json_agg(n.nspname order by n.nspname)
           from pg_publication_namespace s join pg_namespace n on n.oid = s.pnnspid
           where s.pnpubid = p.oid
         ) as schemas,
         array_remove(
           array[
             case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
             case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end
           ],
           null
         ) as changes,
         (select count(*) from publication_tables m where m.prpubid = p.oid and not m.excepted) as tables,
         exists (
           select from publication_tables m join relation r on m.prrelid = r.oid where m.prpubid = p.oid and m.excepted
         ) as excepted,
         (
           select json_build_object(
             'where', pg_get_expr(m.prqual, m.prrelid),
             'columns', (
               select json_agg(a.attname order by a.attnum)
               from unnest(m.prattrs::int2[]) c (attnum) join pg_attribute a on a.attrelid = m.prrelid and a.attnum = c.attnum
             ),
             'filterColumns', (
               select json_agg(distinct a.attname)
               from regexp_matches(m.prqual::text, ':varattno (\d+)', 'g') v (found)
               join pg_attribute a on a.attrelid = m.prrelid and a.attnum = v.found[1]::int2
             )
           )
           from publication_tables m join relation r on m.prrelid = r.oid
           where m.prpubid = p.oid and not m.excepted
         ) as member,
         (
           select json_agg(n.nspname || '.' || c.relname order by n.nspname, c.relname)
           from publication_tables m
           join relation r on m.prrelid <> r.oid and pg_partition_root(m.prrelid) = r.oid
           join pg_class c on c.oid = m.prrelid
           join pg_namespace n on n.oid = c.relnamespace
           where m.prpubid = p.oid and not m.excepted
         ) as partitions
  from pg_publication p
),
logical_slots as (
  select s.slot_name as name, s.plugin, s.active
  from pg_replication_slots s
  where s.database = current_database()
),
lagging_standbys as (
  select coalesce(nullif(w.application_name, ''), host(w.client_addr), 'unnamed') as standby,
         extract(epoch from w.replay_lag)::bigint as seconds, w.backend_xmin is not null as feedback
  from pg_stat_replication w
  where w.replay_lag > make_interval(secs => $6::int)
)
select
  clock_timestamp()::text as now,
  current_setting('server_version_num')::int / 10000 as server_version,
  exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = $3::text and c.relname = 'registry' and c.relkind = 'r'
  ) as managed_here,
  (
    select n.nspname
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relname = 'part_config' and c.relkind = 'r' and has_table_privilege(c.oid, 'SELECT') and has_schema_privilege(n.oid, 'USAGE')
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'parent_table' and not a.attisdropped)
    limit 1
  ) as partman_schema,
  (
    select n.nspname
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relname = 'part_config' and c.relkind = 'r'
      and not (has_table_privilege(c.oid, 'SELECT') and has_schema_privilege(n.oid, 'USAGE'))
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'parent_table' and not a.attisdropped)
    limit 1
  ) as partman_hidden,
  (
    select json_agg(distinct case when a.grantee = 0 then 'public' else pg_get_userbyid(a.grantee) end)
    from pg_default_acl d, aclexplode(d.defaclacl) a
    where d.defaclobjtype = 'r'
      and a.grantee <> d.defaclrole
      -- The owner of the table to come keeps what it has by being that.
      and a.grantee <> (select u.oid from pg_roles u where u.rolname = current_user)
      and not exists (select from relation r where r.relowner = a.grantee)
  ) as default_grantees,
  -- What they would give on a table that this role or the owner of the table makes.
  (
    select json_agg(
      json_build_object(
        'maker', pg_get_userbyid(d.defaclrole),
        'schema', n.nspname,
        'role', case when a.grantee = 0 then 'public' else pg_get_userbyid(a.grantee) end,
        'privilege', lower(a.privilege_type),
        'grantable', a.is_grantable
      )
      order by n.nspname nulls first, a.grantee, a.privilege_type
    )
    from pg_default_acl d
    left join pg_namespace n on n.oid = d.defaclnamespace
    cross join lateral aclexplode(d.defaclacl) a
    where d.defaclobjtype = 'r'
      and a.grantee <> d.defaclrole
      and (
        d.defaclrole = (select u.oid from pg_roles u where u.rolname = current_user)
        or d.defaclrole = (select r.relowner from relation r)
      )
  ) as default_grants,
  (select json_agg(t order by t.seconds desc, t.pid) from old_transactions t) as old_transactions,
  (select json_agg(p order by p.gid) from old_prepared p) as old_prepared,
  (select json_agg(s order by s.slot_name) from lagging_slots s) as lagging_slots,
  (select json_agg(w order by w.standby) from lagging_standbys w) as lagging_standbys,
  (select json_agg(p order by p.name) from publications p) as publications,
  (select json_agg(s order by s.name) from logical_slots s) as logical_slots,
  current_setting('wal_level') as wal_level,
  current_database() as database,
  current_user as role,
  (select u.rolsuper from pg_roles u where u.rolname = current_user) as superuser,
  has_database_privilege(current_database(), 'CREATE') as may_publish,
  (
    select json_build_object(
      'oid', r.oid::text,
      'owner', pg_get_userbyid(r.relowner),
      'relkind', r.relkind,
      'comment', obj_description(r.oid, 'pg_class'),
      'wayBack', case when r.relkind = 'p' then (
        select coalesce(obj_description(t.oid, 'pg_trigger'), 'keeps a way back') from pg_trigger t
        where t.tgrelid = r.oid and t.tgname = 'pgpartition_capture'
      ) end,
      'lastAnalyzed', greatest(pg_stat_get_last_analyze_time(r.oid), pg_stat_get_last_autoanalyze_time(r.oid))::text,
      'rights', json_build_object(
        'owner', pg_has_role(current_user, r.relowner, 'USAGE'),
        -- Membership in it would give more than its tables: attributes by SET ROLE, or what a platform's administrators may.
        'ownerIsAdmin', exists (
          select from pg_roles o join pg_roles a on a.oid = o.oid or (not o.rolsuper and pg_has_role(o.oid, a.oid, 'MEMBER'))
          where o.oid = r.relowner
            and (
              a.rolsuper or a.rolcreaterole or a.rolcreatedb or a.rolreplication or a.rolbypassrls
              or (a.rolname ~ '^pg_' and a.rolname not in (
                'pg_database_owner', 'pg_monitor', 'pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables'
              ))
              or a.rolname in (
                'rds_superuser', 'rdsadmin', 'azure_pg_admin', 'azuresu', 'cloudsqlsuperuser', 'cloudsqladmin', 'alloydbsuperuser',
                'alloydbadmin', 'neon_superuser', 'supabase_admin', 'doadmin', 'avnadmin'
              )
            )
        ),
        'createInSchema', has_schema_privilege(r.schema_oid, 'CREATE'),
        'ownerCreates', (select u.rolsuper from pg_roles u where u.rolname = current_user)
          or has_schema_privilege(r.relowner, r.schema_oid, 'CREATE'),
        'role', current_user
      ),
      'key', (
        select json_build_object(
          'strategy', p.partstrat,
          'columns', (
            select json_agg(a.attname order by k.position)
            from unnest(p.partattrs::int2[]) with ordinality k (attnum, position)
            left join pg_attribute a on a.attrelid = r.oid and a.attnum = k.attnum and k.attnum > 0
          ),
          'types', (
            select json_agg(
              coalesce(
                format_type(a.atttypid, a.atttypmod),
                (select format_type(o.opcintype, null) from pg_opclass o where o.oid = p.partclass[k.position - 1])
              )
              order by k.position
            )
            from unnest(p.partattrs::int2[]) with ordinality k (attnum, position)
            left join pg_attribute a on a.attrelid = r.oid and a.attnum = k.attnum and k.attnum > 0
          )
        )
        from pg_partitioned_table p
        where p.partrelid = r.oid
      ),
      'columns', (
        select json_agg(
          json_build_object(
            'name', a.attname,
            'type', format_type(a.atttypid, a.atttypmod),
            'nullable', not a.attnotnull,
            -- From PostgreSQL 18 on NOT NULL may hold for new rows only.
            'unread', (
              select true from pg_constraint k
              where k.conrelid = r.oid and k.contype = 'n' and k.conkey[1] = a.attnum and not k.convalidated
            ),
            'default', case when a.attgenerated = '' then pg_get_expr(d.adbin, 0) end,
            'generated', case when a.attgenerated <> '' then true end,
            'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end,
            'comment', col_description(r.oid, a.attnum),
            'sequence', (
              select sn.nspname || '.' || s.relname
              from pg_depend o join pg_class s on s.oid = o.objid join pg_namespace sn on sn.oid = s.relnamespace
              where o.classid = 'pg_class'::regclass and o.refclassid = 'pg_class'::regclass and o.deptype = 'a'
                and o.refobjid = r.oid and o.refobjsubid = a.attnum and s.relkind = 'S'
            )
          )
          order by a.attnum
        )
        from pg_attribute a
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
      ),
      'constraints', (
        select json_agg(
          json_build_object(
            'name', k.conname,
            'oid', k.oid::text,
            'kind', case k.contype
              when 'p' then 'primary' when 'u' then 'unique' when 'c' then 'check' when 'f' then 'foreign' else 'exclusion'
            end,
            'columns', coalesce(
              (
                select json_agg(a.attname order by c.position)
                from unnest(k.conkey) with ordinality c (attnum, position)
                join pg_attribute a on a.attrelid = r.oid and a.attnum = c.attnum
              ),
              '[]'
            ),
            'definition', pg_get_constraintdef(k.oid),
            'validated', k.convalidated,
            'references', (
              select json_build_object('schema', fn.nspname, 'table', f.relname)
              from pg_class f join pg_namespace fn on fn.oid = f.relnamespace
              where k.contype = 'f' and f.oid = k.confrelid
            )
          )
          order by k.contype, k.conname
        )
        from pg_constraint k
        where k.conrelid = r.oid
          and k.contype in ('p', 'u', 'c', 'f', 'x')
          -- A key to a partitioned table has a row more for each of that table's partitions.
          and not exists (select from pg_constraint up where up.oid = k.conparentid and up.conrelid = k.conrelid)
      ),
      'indexes', (
        select json_agg(
          json_build_object(
            'name', ic.relname,
            'definition', substr(
              pg_get_indexdef(x.indexrelid),
              length(
                format(
                  'CREATE %sINDEX %I ON %s%I.%I ',
                  case when x.indisunique then 'UNIQUE ' else '' end,
                  ic.relname,
                  case when ic.relkind = 'I' then 'ONLY ' else '' end,
                  r.nspname,
                  r.relname
                )
              ) + 1
            ),
            'unique', x.indisunique,
            'valid', x.indisvalid,
            'columns', (
              select json_agg(coalesce(a.attname, pg_get_indexdef(x.indexrelid, k.position::int, true)) order by k.position)
              from unnest(x.indkey::int2[]) with ordinality k (attnum, position)
              left join pg_attribute a on a.attrelid = r.oid and a.attnum = k.attnum and k.attnum > 0
              where k.position <= x.indnkeyatts
            ),
            'constraint', (
              select json_build_object(
                'name', k.conname,
                'kind', case k.contype when 'p' then 'primary' when 'u' then 'unique' else 'exclusion' end,
                'definition', pg_get_constraintdef(k.oid)
              )
              from pg_constraint k
              where k.conindid = x.indexrelid and k.conrelid = r.oid and k.contype in ('p', 'u', 'x')
            )
          )
          order by ic.relname
        )
        from pg_index x
        join pg_class ic on ic.oid = x.indexrelid
        where x.indrelid = r.oid
      ),
      'referencedBy', (
        select json_agg(distinct cn.nspname || '.' || c.relname)
        from pg_constraint k
        join pg_class c on c.oid = k.conrelid
        join pg_namespace cn on cn.oid = c.relnamespace
        where k.contype = 'f' and k.confrelid = r.oid and k.conparentid = 0
      )
    )
    from relation r
  ) as relation
