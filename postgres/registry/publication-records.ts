import { quote } from "../../core/names/identifier";
import type { PublicationMemberWire } from "../../core/declare/table/publications";
import type { Statement } from "../../core/sql/statement";
import { buildStatement } from "./statement";

/** True if a row `m` of pg_publication_rel is a table excluded by FOR ALL TABLES EXCEPT: PostgreSQL 19 stores it there. */
const EXCEPTED = "coalesce((to_jsonb(m) ->> 'prexcept')::boolean, false)";

/**
 * Records a membership as declared and as the server prints its row filter: filters are compared by both. `made`: the same
 * transaction has created the publication. One created with another table's membership counts as created for this one too.
 */
export function recordPublicationStatement(management: string, spec: PublicationMemberWire, made: boolean): Statement {
  return buildStatement(
    `update ${quote(management)}.registry set publications = coalesce((
  select jsonb_build_array(jsonb_build_object('name', p.pubname, 'oid', p.oid::text,
    'made', $5::boolean or exists (
      select from ${quote(management)}.registry r, jsonb_array_elements(r.publications) e
      where e->>'name' = p.pubname and e->>'oid' = p.oid::text and (e->>'made')::boolean
    ),
    'declared', $4::text, 'printed', pg_get_expr(m.prqual, m.prrelid)))
  from pg_publication p
  left join (pg_publication_rel m join pg_class c on c.oid = m.prrelid and c.relname = $2::text
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = $1::text) on m.prpubid = p.oid and not ${EXCEPTED}
  where p.pubname = $3::text
), '[]') || coalesce((select jsonb_agg(kept) from jsonb_array_elements(publications) kept where kept->>'name' <> $3::text), '[]'), updated_at = now()
where schema_name = $1::text and table_name = $2::text`,
    [spec.schema, spec.table, spec.publication, spec.where ?? null, String(made)],
    "the next update records it again",
  );
}

/** Fails the transaction that would drop a publication to which a table was added meanwhile. */
export function assertEmptyPublicationStatement(management: string, publication: string): Statement {
  return buildStatement(
    `select ${quote(management)}.assert_that(not exists (
  select from pg_publication p where p.pubname = $1::text and (
    p.puballtables or exists (select from pg_publication_rel m where m.prpubid = p.oid and not ${EXCEPTED})
    or exists (select from pg_publication_namespace s where s.pnpubid = p.oid))
), $2::text)`,
    [publication, `publication "${publication}" has tables again, so it is not dropped; run the update again`],
    "not needed: it only looks",
  );
}

/**
 * Fails the transaction that would make every UPDATE and DELETE of the table fail: PostgreSQL accepts a row filter over columns
 * that do not identify a row, and refuses the writers afterwards.
 */
export function assertFilterStatement(management: string, spec: PublicationMemberWire): Statement {
  return buildStatement(
    `select ${quote(management)}.assert_that(not exists (
  select from pg_publication_rel m
  join pg_publication p on p.oid = m.prpubid
  join pg_class c on c.oid = m.prrelid
  join pg_namespace n on n.oid = c.relnamespace
  cross join lateral regexp_matches(m.prqual::text, ':varattno (\\d+)', 'g') v (found)
  where n.nspname = $1::text and c.relname = $2::text and p.pubname = $3::text and not ${EXCEPTED}
    and (p.pubupdate or p.pubdelete) and c.relreplident <> 'f'
    and not exists (
      select from pg_index x where x.indrelid = c.oid
        and case c.relreplident when 'd' then x.indisprimary when 'i' then x.indisreplident else false end
        and v.found[1]::int2 = any ((x.indkey::int2[])[0:x.indnkeyatts - 1])
    )
), $4::text)`,
    [
      spec.schema,
      spec.table,
      spec.publication,
      `the row filter of publication "${spec.publication}" reads a column that does not identify a row of "${spec.schema}"."${spec.table}", so PostgreSQL would refuse every UPDATE and DELETE of the table: nothing was changed; filter by columns of the replica identity, or publish inserts alone`,
    ],
    "not needed: it only looks",
  );
}
