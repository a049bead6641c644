-- One row, always: what exists of the roles $1, schemas $2, tablespaces $3 and tables $4.$5 (parallel lists), and what the
-- connected role may do with it.
select
  current_user::text as role,
  (select json_agg(r.rolname) from pg_roles r where r.rolname = any ($1::text[])) as roles,
  (
    select json_agg(
      json_build_object(
        'name', n.nspname,
        'creates', has_schema_privilege(n.oid, 'CREATE') and has_schema_privilege(n.oid, 'USAGE')
      )
    )
    from pg_namespace n
    where n.nspname = any ($2::text[])
  ) as schemas,
  (
    select json_agg(
      json_build_object(
        'name', t.spcname,
        -- The default of the database is open to every role.
        'creates', has_tablespace_privilege(t.oid, 'CREATE')
          or t.oid = (select d.dattablespace from pg_database d where d.datname = current_database())
      )
    )
    from pg_tablespace t
    where t.spcname = any ($3::text[])
  ) as tablespaces,
  (
    select json_agg(
      json_build_object(
        'schema', n.nspname,
        'table', c.relname,
        'usable', has_schema_privilege(n.oid, 'USAGE'),
        'columns', (
          select json_agg(
            json_build_object(
              'name', a.attname,
              'type', format_type(a.atttypid, a.atttypmod),
              'references', has_column_privilege(c.oid, a.attnum, 'REFERENCES')
            )
            order by a.attnum
          )
          from pg_attribute a
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        ),
        'keys', (
          select json_agg(
            (
              select json_agg(a.attname order by k.position)
              from unnest(x.indkey::int2[]) with ordinality k (attnum, position)
              join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
              where k.position <= x.indnkeyatts
            )
          )
          from pg_index x
          where x.indrelid = c.oid and x.indisunique and x.indimmediate and x.indisvalid and x.indpred is null and x.indexprs is null
        )
      )
    )
    from unnest($4::text[], $5::text[]) w (schema, name)
    join pg_namespace n on n.nspname = w.schema
    join pg_class c on c.relnamespace = n.oid and c.relname = w.name and c.relkind in ('r', 'p')
  ) as targets
