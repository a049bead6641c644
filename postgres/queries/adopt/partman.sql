-- One row where pg_partman, in schema :partman, manages the table $1.$2.
select c.parent_table from :partman.part_config c where c.parent_table = $1::text || '.' || $2::text
