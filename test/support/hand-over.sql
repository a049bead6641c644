-- In the databases of tests: what the superuser makes belongs to the role of the product.
create schema testing;

create function testing.hand_over() returns event_trigger language plpgsql as $$
declare
  made record;
begin
  -- What the product makes, and what a test makes as another role, stays with its maker.
  if current_user <> 'postgres' then return; end if;
  for made in
    select c.object_type, c.object_identity
    from pg_event_trigger_ddl_commands() c
    where c.command_tag ~ '^(CREATE|SELECT INTO)' and not c.in_extension and c.schema_name is distinct from 'pg_temp'
      and c.object_type in ('schema', 'table', 'view', 'materialized view', 'foreign table', 'sequence', 'function', 'procedure', 'type', 'publication')
      -- CREATE SCHEMA … AUTHORIZATION names its owner.
      and not exists (select from pg_namespace n where c.classid = 'pg_namespace'::regclass and n.oid = c.objid and n.nspowner <> current_user::regrole)
      -- A sequence of a column goes with its table.
      and not exists (select from pg_depend d where d.classid = c.classid and d.objid = c.objid and d.deptype in ('a', 'i') and d.refobjsubid > 0)
      and not exists (select from pg_publication p where c.classid = 'pg_publication'::regclass and p.oid = c.objid and p.puballtables)
      and not exists (select from pg_publication_namespace p where c.classid = 'pg_publication'::regclass and p.pnpubid = c.objid)
  loop
    execute format('alter %s %s owner to OWNER_ROLE', made.object_type, made.object_identity);
  end loop;
end $$;

create event trigger hand_over on ddl_command_end execute function testing.hand_over();
