-- One row if this role can read pg_stat_statements: its schema, which is not fixed, and whether the role sees what others have sent.
select vn.nspname as schema, pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') as sees_all
from pg_class v
join pg_namespace vn on vn.oid = v.relnamespace
where v.relname = 'pg_stat_statements' and v.relkind = 'v' and has_table_privilege(v.oid, 'SELECT')
  and has_schema_privilege(vn.oid, 'USAGE')
limit 1
