-- One row: the database's clock.
select pg_catalog.clock_timestamp()::text as now
