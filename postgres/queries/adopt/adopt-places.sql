-- One row, always: where pg_cron's jobs and pg_partman's configuration are readable, and the zone that this database sets.
select
  coalesce(has_table_privilege(to_regclass('cron.job'), 'SELECT'), false) as cron,
  (
    select n.nspname
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where
      c.relname = 'part_config' and c.relkind = 'r' and has_table_privilege(c.oid, 'SELECT')
      and has_schema_privilege(n.oid, 'USAGE')
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'parent_table')
    order by n.nspname
    limit 1
  ) as partman,
  (
    select substr(entry.setting, length('timezone=') + 1)
    from pg_db_role_setting s
    join pg_database d on d.oid = s.setdatabase
    cross join unnest(s.setconfig) entry (setting)
    where d.datname = current_database() and s.setrole = 0 and entry.setting ilike 'timezone=%'
  ) as zone
