import type { TableName } from "../../core/names/table-name";
import { quote, quoteQualified } from "../../core/names/identifier";
import type { PartitionProfile } from "../../core/declare/table/profile";
import type { RegisteredExpression, RegisteredIndex, RegisteredPolicy } from "../../core/observed/registration";
import type { Statement } from "../../core/sql/statement";
import { buildStatement } from "./statement";

/** Registers a table, or manages a released one again. The row of another stack is left alone: that needs `claim`. */
export function registerTableStatement(management: string, entry: TableName & { readonly owner: string }): Statement {
  return buildStatement(
    `insert into ${quote(management)}.registry as r (schema_name, table_name, owner) values ($1, $2, $3)
on conflict (schema_name, table_name) do update set mode = 'managed', updated_at = now() where r.owner = excluded.owner`,
    [entry.schema, entry.table, entry.owner],
    "the row is deleted when the table is destroyed",
  );
}

/** Records what every partition carries, as declared: for creating partitions without a program. */
export function recordProfileStatement(
  management: string,
  entry: TableName & { readonly profile: PartitionProfile },
): Statement {
  return buildStatement(
    `update ${quote(management)}.registry set profile = $3::jsonb, updated_at = now() where schema_name = $1 and table_name = $2`,
    [entry.schema, entry.table, JSON.stringify(entry.profile)],
    "the next update records its own profile",
  );
}

/** Record of a constraint or default; `added`: tables to which the same transaction has added it, not yet validated. */
export type DeclaredEntry = Pick<RegisteredExpression, "kind" | "name" | "declared"> & {
  readonly added?: readonly { readonly schema: string; readonly name: string }[];
};

/**
 * Records checks, defaults, keys and unique constraints as declared, and as the server prints those that exist in the same
 * transaction. Others are forgotten; with `changing`, except those added by updates and not yet validated.
 */
export function recordExpressionsStatement(
  management: string,
  entry: TableName & { readonly expressions: readonly DeclaredEntry[]; readonly changing: boolean },
): Statement {
  return buildStatement(
    `update ${quote(management)}.registry r set expressions = coalesce((
  select jsonb_agg(e.entry order by e.kind, e.name)
  from (
    select d.kind, d.name, jsonb_strip_nulls(jsonb_build_object(
      'kind', d.kind, 'name', d.name, 'declared', d.declared, 'printed', coalesce(p.printed, ''), 'added', a.oids
    )) as entry
    from jsonb_to_recordset($3::jsonb) d (kind text, name text, declared text, added jsonb)
    join pg_class c on c.relname = $2::text
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = $1::text
    left join lateral (
      select pg_get_constraintdef(k.oid) as printed
      from pg_constraint k
      where d.kind <> 'default' and k.conrelid = c.oid and k.conname = d.name
        and k.contype = case d.kind when 'check' then 'c' when 'foreign' then 'f' else 'u' end::"char"
      union all
      select pg_get_expr(e.adbin, 0)
      from pg_attribute a join pg_attrdef e on e.adrelid = a.attrelid and e.adnum = a.attnum
      where d.kind = 'default' and a.attrelid = c.oid and a.attname = d.name and not a.attisdropped
    ) p on true
    cross join lateral (
      select jsonb_agg(k.oid::text order by k.oid) as oids
      from pg_constraint k
      where k.oid::text in (
        select jsonb_array_elements_text(b.entry -> 'added')
        from jsonb_array_elements(r.expressions) b (entry)
        where $4::boolean and b.entry ->> 'kind' = d.kind and b.entry ->> 'name' = d.name
      ) or (k.conname = d.name and k.conrelid in (
        select t.oid
        from jsonb_to_recordset(coalesce(d.added, '[]')) o (schema text, name text)
        join pg_class t on t.relname = o.name
        join pg_namespace s on s.oid = t.relnamespace and s.nspname = o.schema
      ))
    ) a
    where p.printed is not null or a.oids is not null
    union all
    select b.entry ->> 'kind', b.entry ->> 'name', b.entry
    from jsonb_array_elements(r.expressions) b (entry)
    where $4::boolean and b.entry ? 'added' and not exists (
      select from jsonb_to_recordset($3::jsonb) d (kind text, name text)
      where d.kind = b.entry ->> 'kind' and d.name = b.entry ->> 'name'
    )
  ) e
), '[]'), updated_at = now() where schema_name = $1::text and table_name = $2::text`,
    [entry.schema, entry.table, JSON.stringify(entry.expressions), String(entry.changing)],
    "the next update records them again",
  );
}

/**
 * Records the policies as declared, and as the server prints those that the same transaction has created: expressions are
 * compared by both.
 */
export function recordPoliciesStatement(
  management: string,
  entry: TableName & { readonly policies: readonly Pick<RegisteredPolicy, "name" | "declared">[] },
): Statement {
  return buildStatement(
    `update ${quote(management)}.registry set policies = coalesce((
  select jsonb_agg(jsonb_build_object(
    'name', d.name, 'declared', d.declared,
    'printed', jsonb_build_object('using', pg_get_expr(o.polqual, o.polrelid), 'withCheck', pg_get_expr(o.polwithcheck, o.polrelid))
  ) order by d.name)
  from jsonb_to_recordset($3::jsonb) d (name text, declared text)
  join pg_policy o on o.polname = d.name
  join pg_class c on c.oid = o.polrelid
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1::text and c.relname = $2::text
), '[]'), updated_at = now() where schema_name = $1::text and table_name = $2::text`,
    [entry.schema, entry.table, JSON.stringify(entry.policies)],
    "the next update records them again",
  );
}

/** Forgets a table, but not its ledger. */
export function unregisterTableStatement(management: string, entry: TableName): Statement {
  return buildStatement(
    `delete from ${quote(management)}.registry where schema_name = $1 and table_name = $2`,
    [entry.schema, entry.table],
    "declare the table again",
  );
}

/** Records the serialized window of a successful update; null forgets it. */
export function recordWindowStatement(management: string, entry: TableName & { readonly window: unknown }): Statement {
  return buildStatement(
    `update ${quote(management)}.registry set "window" = $3::jsonb, updated_at = now() where schema_name = $1 and table_name = $2`,
    [
      entry.schema,
      entry.table,
      entry.window === null || entry.window === undefined ? null : JSON.stringify(entry.window),
    ],
    "the next update records its own window",
  );
}

/** Forgets what a table has no longer, an index or a membership: a later one of the same name is not ours. */
export function forgetNamedStatement(
  management: string,
  entry: TableName & { readonly list: "indexes" | "publications"; readonly name: string },
): Statement {
  const { list } = entry;
  return buildStatement(
    `update ${quote(management)}.registry set ${list} = coalesce((
  select jsonb_agg(kept) from jsonb_array_elements(${list}) kept where kept->>'name' <> $3::text
), '[]'), updated_at = now() where schema_name = $1::text and table_name = $2::text`,
    [entry.schema, entry.table, entry.name],
    "declare it again",
  );
}

/** Records indexes as declared and as printed; records of other names are left as they are. */
export function recordIndexesStatement(
  management: string,
  entry: TableName & { readonly indexes: readonly RegisteredIndex[] },
): Statement {
  return buildStatement(
    `update ${quote(management)}.registry set indexes = $3::jsonb || coalesce((
  select jsonb_agg(kept) from jsonb_array_elements(indexes) kept
  where not exists (select from jsonb_array_elements($3::jsonb) given where given->>'name' = kept->>'name')
), '[]'), updated_at = now() where schema_name = $1 and table_name = $2`,
    [entry.schema, entry.table, JSON.stringify(entry.indexes)],
    "the next update records them again",
  );
}

/**
 * Does the same for one index that the same transaction has created on the table, as the server prints it. If recorded later, the
 * index of a run killed in between would look like one that is not managed.
 */
export function recordNewIndexStatement(
  management: string,
  entry: TableName & Omit<RegisteredIndex, "printed">,
): Statement {
  return buildStatement(
    `update ${quote(management)}.registry set indexes = (
  select jsonb_build_array(jsonb_build_object('name', $3::text, 'partitionIndexName', $4::text, 'declared', $5::text, 'printed', substr(
    pg_get_indexdef(x.indexrelid),
    length(format('CREATE %sINDEX %I ON ONLY %I.%I ', case when x.indisunique then 'UNIQUE ' else '' end, $3::text, $1::text, $2::text)) + 1
  )))
  from pg_index x join pg_class c on c.oid = x.indexrelid join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1::text and c.relname = $3::text
) || coalesce((select jsonb_agg(kept) from jsonb_array_elements(indexes) kept where kept->>'name' <> $3::text), '[]'), updated_at = now()
where schema_name = $1::text and table_name = $2::text`,
    [entry.schema, entry.table, entry.name, entry.partitionIndexName, entry.declared],
    "the next update records them again",
  );
}

/** Fails the transaction unless the table is empty: it holds the lock under which no session can add a row. */
export function assertEmptyTableStatement(
  management: string,
  target: { readonly schema: string; readonly name: string },
): Statement {
  const table = quoteQualified(target.schema, target.name);
  return buildStatement(
    `select ${quote(management)}.assert_that(not exists (select from ${table}), $1)`,
    [`${table} has received rows; it is detached and retained: attach it again, or leave it`],
    "not needed: it only looks",
  );
}

/** Fails the transaction unless the named table is the detached one of the ledger and is attached to nothing. */
export function assertDroppableStatement(
  management: string,
  target: { readonly schema: string; readonly name: string; readonly oid: string },
): Statement {
  return buildStatement(
    `select ${quote(management)}.assert_droppable($1, $2, $3::oid)`,
    [target.schema, target.name, target.oid],
    "not needed: it only looks",
  );
}

/** Stops or resumes retirement; creation continues. */
export function setPausedStatement(management: string, entry: TableName & { readonly paused: boolean }): Statement {
  return buildStatement(
    `update ${quote(management)}.registry set paused = $3::boolean, updated_at = now() where schema_name = $1 and table_name = $2`,
    [entry.schema, entry.table, String(entry.paused)],
    "set it back",
  );
}

/** Hands a table back unmanaged. */
export function releaseTableStatement(management: string, entry: TableName): Statement {
  return buildStatement(
    `update ${quote(management)}.registry set mode = 'released', updated_at = now() where schema_name = $1 and table_name = $2`,
    [entry.schema, entry.table],
    "claim it",
  );
}

/** Takes a table into a stack, whichever owned it. */
export function claimTableStatement(management: string, entry: TableName & { readonly owner: string }): Statement {
  return buildStatement(
    `insert into ${quote(management)}.registry as r (schema_name, table_name, owner) values ($1, $2, $3)
on conflict (schema_name, table_name) do update set owner = excluded.owner, mode = 'managed', updated_at = now()`,
    [entry.schema, entry.table, entry.owner],
    "claim it back into the other stack",
  );
}
