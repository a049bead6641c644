-- At most one row: the last word of the ledger about the archive whose manifest lies at one of the places $1, with its parts as they
-- were written down before they were stored. `there`: the table that was archived still exists.
select
  l.schema_name as schema,
  l.table_name as "table",
  case when c.oid is null then quote_ident(l.partition_name) else format('%I.%I', n.nspname, c.relname) end as partition,
  l.detail ->> 'manifest' as manifest,
  l.detail ->> 'manifestSha256' as manifest_sha256,
  (l.detail ->> 'rows')::bigint as rows,
  l.run,
  d.effective_at::text as dropped_at,
  d.id is null and c.oid is not null as there,
  coalesce(
    (
      select json_agg(
        json_build_object(
          'key', p.object_key, 'rows', p.row_count, 'bytes', p.bytes, 'sha256', p.sha256,
          'textBytes', p.text_bytes, 'textSha256', p.text_sha256
        )
        order by p.part
      )
      from (
        select distinct on (q.part) q.* from :management.archive_parts q
        where q.export = (l.detail ->> 'export')::bigint
        order by q.part, q.id desc
      ) p
    ),
    '[]'
  ) as parts
from :management.ledger l
left join lateral (
  select x.id, x.effective_at from :management.ledger x
  where x.partition_oid = l.partition_oid and x.event = 'dropped' and x.id > l.id
  order by x.id limit 1
) d on true
left join pg_class c on c.oid = l.partition_oid
left join pg_namespace n on n.oid = c.relnamespace
where l.event = 'archived' and l.detail ->> 'manifest' = any ($1::text[])
order by l.id desc
limit 1
