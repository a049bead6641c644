-- One row for each of the tables $1.$2 of which row security may keep rows from the connected role: no policy of its own lets it
-- see all of them, or a restrictive one takes some away.
select distinct n.nspname as schema, c.relname as name, current_user::text as role
from unnest($1::text[], $2::text[]) s (schema, name)
join pg_namespace n on n.nspname = s.schema
join pg_class c on c.relnamespace = n.oid and c.relname = s.name
where row_security_active(c.oid)
  and (
    exists (
      select from pg_policy p
      where p.polrelid = c.oid and p.polcmd in ('*', 'r') and not p.polpermissive
    )
    or not exists (
      select from pg_policy p
      where p.polrelid = c.oid and p.polcmd in ('*', 'r') and p.polpermissive
        and (p.polqual is null or pg_get_expr(p.polqual, p.polrelid) = 'true')
        and exists (select from unnest(p.polroles) r (oid) where r.oid = 0 or pg_has_role(current_user, r.oid, 'USAGE'))
    )
  )
order by 1, 2
