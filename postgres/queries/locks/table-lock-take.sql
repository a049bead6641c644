-- One row: whether this session now holds the lock of the table $1.$2.
select pg_try_advisory_lock(hashtextextended('pgpartition:' || $1::text || '.' || $2::text, 0)) as taken
