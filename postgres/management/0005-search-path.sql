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

-- Roles that may run the statements of the schedule may call what this version adds to them, and no others.
do $do$
declare
  management regnamespace := (
    select c.relnamespace from :management.version v join pg_class c on c.oid = v.tableoid limit 1
  );
  one record;
begin
  for one in
    select p.oid::regprocedure as routine, known.grantee
    from pg_proc p
    cross join (
      select distinct a.grantee::regrole as grantee
      from pg_proc r
      cross join aclexplode(r.proacl) a
      where r.pronamespace = management and r.proname = 'run_prepared' and a.grantee not in (0, r.proowner)
    ) known
    where p.pronamespace = management and p.proacl is null
  loop
    execute format('grant execute on function %s to %s', one.routine, one.grantee);
  end loop;
end
$do$;

revoke all on all functions in schema :management from public;

insert into :management.version (version) values (5);
