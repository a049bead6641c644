-- One row: the table of a conversion by copy that is under way, or that is swapped with something left to do.
select schema_name as schema, table_name as table
from :management.conversions
where phase <> 'ended'
order by schema_name, table_name
