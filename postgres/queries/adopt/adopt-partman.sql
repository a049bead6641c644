-- One row at most: what pg_partman keeps for the table $1 (schema.table). The columns are in versions 4 and 5. `:management` is its schema.
select parent_table, partition_interval, premake::text as premake, retention
from :management.part_config
where parent_table = $1::text
