-- What every partition carries as it was declared, and how the declared policies were printed. With it whoever makes a
-- partition makes it equal.
alter table :management.registry add column profile jsonb;

alter table :management.registry add column policies jsonb not null default '[]';

-- Checks, defaults, keys and unique constraints as they were declared and as the server printed them.
alter table :management.registry add column expressions jsonb not null default '[]';

-- The values of the levels above the time level, as a JSON list; empty for a part of the table itself.
alter table :management.ledger add column branch text not null default '';

-- Memberships in publications: as declared, the row filter as it was printed, and whether we made the publication.
alter table :management.registry add column publications jsonb not null default '[]';

-- Fails a transaction in which something is not as it has to be.
create function :management.assert_that(condition boolean, otherwise text) returns void
language plpgsql set search_path = pg_catalog as $$
begin
  if condition is not true then
    raise exception '%', otherwise using errcode = 'object_not_in_prerequisite_state';
  end if;
end
$$;

revoke all on function :management.assert_that(boolean, text) from public;

insert into :management.version (version) values (2);
