-- One row: whether this session held the lock of the table $1.$2, which it now gives back.
select pg_advisory_unlock(hashtextextended('pgpartition:' || $1::text || '.' || $2::text, 0)) as released
