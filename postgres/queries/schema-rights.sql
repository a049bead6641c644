-- One row, always: whether the schema $1 exists, and who may make tables in it: the connected role, and the role $2 (null: the
-- connected one).
select
  exists (select from pg_namespace n where n.nspname = $1::text) as there,
  current_user::text as role,
  coalesce(
    (select has_schema_privilege(n.oid, 'CREATE') and has_schema_privilege(n.oid, 'USAGE') from pg_namespace n where n.nspname = $1::text),
    false
  ) as creates,
  coalesce(
    (
      select (select u.rolsuper from pg_roles u where u.rolname = current_user)
        or has_schema_privilege(o.rolname, n.oid, 'CREATE')
      from pg_namespace n, pg_roles o
      where n.nspname = $1::text and o.rolname = coalesce($2::text, current_user)
    ),
    false
  ) as owner_creates
