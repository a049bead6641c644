-- Temporary objects are looked up last: in a path that does not name pg_temp they come first, for tables and types
-- (https://www.postgresql.org/docs/current/sql-createfunction.html, "Writing SECURITY DEFINER Functions Safely").
do $do$
declare
  management regnamespace := (
    select c.relnamespace from :management.version v join pg_class c on c.oid = v.tableoid limit 1
  );
  routine regprocedure;
begin
  for routine in
    select p.oid from pg_proc p where p.pronamespace = management and 'search_path=pg_catalog' = any (p.proconfig)
  loop
    execute format('alter routine %s set search_path = pg_catalog, pg_temp', routine);
  end loop;
end
$do$;

insert into :management.version (version) values (5);
