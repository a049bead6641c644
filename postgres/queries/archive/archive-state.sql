-- One row, always: how far the archive of the detached table with oid $1 has come in the store $7. `fence` is the mark as it is
-- now, `fenced` as it was when the ledger says that it was put up; the export is the last one that was begun since the last detach.
with entries as (
  select l.id, l.event, l.detail, l.run, l.at
  from :management.ledger l
  where l.partition_oid = $1::oid
    and l.event in ('detached', 'attached', 'fenced', 'exporting', 'archived', 'doubted')
    and l.id > coalesce(
      (select max(a.id) from :management.ledger a where a.partition_oid = $1::oid and a.event in ('attached', 'created')), 0
    )
),
export as (
  select e.* from entries e where e.event = 'exporting' order by e.id desc limit 1
)
select
  :management.fence_mark($1::oid) as fence,
  (select e.detail ->> 'fence' from entries e where e.event = 'fenced' order by e.id desc limit 1) as fenced,
  (select e.event from entries e where e.event in ('exporting', 'archived', 'doubted') order by e.id desc limit 1) as last,
  (
    select (e.detail ->> 'renew')::boolean from entries e where e.event in ('exporting', 'archived', 'doubted') order by e.id desc limit 1
  ) as renew,
  (
    select coalesce(max((l.detail ->> 'generation')::integer), 0)
    from :management.ledger l
    where l.event = 'exporting' and (l.schema_name, l.table_name, l.branch) = ($2::text, $3::text, $4::text)
      and l.lower_bound is not distinct from $5::timestamptz and l.upper_bound is not distinct from $6::timestamptz
      and l.detail ->> 'store' = $7::text
  ) as generation,
  (
    select json_build_object('id', x.id::text, 'run', x.run, 'at', x.at::text, 'detail', x.detail) from export x
  ) as export,
  (
    select json_agg(
      json_build_object(
        'part', p.part, 'relation', p.relation::text, 'first', p.first_tid::text, 'end', p.end_tid::text,
        'rows', p.row_count, 'textBytes', p.text_bytes, 'textSha256', p.text_sha256,
        'key', p.object_key, 'bytes', p.bytes, 'sha256', p.sha256
      )
      order by p.part
    )
    from (
      select distinct on (q.part) q.* from :management.archive_parts q join export x on q.export = x.id order by q.part, q.id desc
    ) p
  ) as parts,
  (
    select json_agg(
      json_build_object(
        'oid', c.oid::text, 'schema', n.nspname, 'name', c.relname, 'filenode', pg_relation_filenode(c.oid)::text,
        'blocks', pg_relation_size(c.oid) / current_setting('block_size')::bigint,
        'bytes', pg_table_size(c.oid), 'rows', case when c.reltuples >= 0 then c.reltuples::bigint end
      )
      order by c.oid
    )
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.oid in (select :management.table_and_parts($1::oid)) and c.relkind = 'r'
  ) as relations
