-- One row, always: what this server and this database have of pg_cron, without touching it.
select
  (select true from pg_extension e where e.extname = 'pg_cron') as created,
  (select true from pg_available_extensions a where a.name = 'pg_cron') as installed,
  -- Only members of pg_read_all_settings see it.
  (select s.setting from pg_settings s where s.name = 'cron.database_name') as home,
  coalesce((select has_schema_privilege(n.oid, 'USAGE') from pg_namespace n where n.nspname = 'cron'), false) as usable,
  current_database() as database,
  current_user as role
