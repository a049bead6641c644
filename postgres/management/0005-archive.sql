-- Before the drop of an archived table its rows are counted without a lock. Under the lock it is asked what they cannot have changed
-- without: the fence as it was put up, and the file of each table as it was exported. Every write goes through the triggers of the
-- fence (they fire always: for the owner, a cascade, a subscription, TRUNCATE), and a trigger that was switched off or made anew has
-- another mark; what changes rows without them (ALTER COLUMN … TYPE … USING, for one) writes another file. An instant.
create or replace function :management.assert_archived(relation oid, manifest text) returns void
language plpgsql set search_path = pg_catalog, pg_temp set row_security = off as $function$
declare
  last record;
  files jsonb;
begin
  select l.event, l.detail into last
  from :management.ledger l
  where l.partition_oid = assert_archived.relation
    and l.event in ('detached', 'attached', 'fenced', 'exporting', 'archived', 'doubted')
  order by l.id desc limit 1;
  if last.event is distinct from 'archived' then
    raise exception 'the ledger does not say that % was archived (last event: %)', assert_archived.relation::regclass, coalesce(last.event, 'none')
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if last.detail ->> 'manifest' is distinct from assert_archived.manifest then
    raise exception '% was archived as %, not as %', assert_archived.relation::regclass, last.detail ->> 'manifest', assert_archived.manifest
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if last.detail ->> 'fence' is distinct from :management.fence_mark(assert_archived.relation) then
    raise exception 'the fence around % was open since it was archived: rows may have changed', assert_archived.relation::regclass
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  select l.detail -> 'filenodes' into files from :management.ledger l where l.id = (last.detail ->> 'export')::bigint;
  if exists (
    select from :management.table_and_parts(assert_archived.relation) t (oid)
    join pg_class c on c.oid = t.oid
    where c.relkind = 'r' and files ->> c.oid::text is distinct from pg_relation_filenode(c.oid)::text
  ) then
    raise exception '% was rewritten since it was archived: its rows may be others', assert_archived.relation::regclass
      using errcode = 'object_not_in_prerequisite_state';
  end if;
end
$function$;
