-- One row, always: what the role $1 would lack as the user of a schedule of the table $2.$3 with management schema $4. Null: it
-- does not exist.
select
  r.oid is not null as exists,
  pg_has_role(r.oid, c.relowner, 'USAGE') as owns,
  has_schema_privilege(r.oid, m.oid, 'USAGE')
    and has_table_privilege(r.oid, p.oid, 'SELECT')
    and has_table_privilege(r.oid, l.oid, 'INSERT') as uses,
  pg_get_userbyid(c.relowner) as owner
from (select 1) one
left join pg_roles r on r.rolname = $1::text
left join pg_namespace n on n.nspname = $2::text
left join pg_class c on c.relnamespace = n.oid and c.relname = $3::text
left join pg_namespace m on m.nspname = $4::text
left join pg_class p on p.relnamespace = m.oid and p.relname = 'prepared'
left join pg_class l on l.relnamespace = m.oid and l.relname = 'ledger'
