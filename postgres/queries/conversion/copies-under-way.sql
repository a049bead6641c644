-- One row: the table of a conversion by copy that is under way, or that is swapped with something left to do: its former table is to
-- be dropped later.
select distinct schema_name as schema, table_name as table
from :management.conversions
where phase <> 'ended'
  or (detail -> 'formerTable' ->> 'dropAfter' is not null and detail -> 'formerTable' ->> 'dropped' is null)
order by schema_name, table_name
