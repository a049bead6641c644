import type { TableName } from "../../core/names/table-name";
import { quote, quoteQualified } from "../../core/names/identifier";
import type { PartitionProfile } from "../../core/declare/table/profile";
import type { LedgerDetail, LedgerEvent } from "../../core/observed/ledger";
import { LIFE_EVENTS, ONCE } from "../../core/observed/ledger-life";
import type { RegisteredExpression, RegisteredIndex, RegisteredPolicy } from "../../core/observed/registration";
import type { Statement } from "../../core/sql/statement";
import type { Instant } from "../../core/time/instant";
import type { OpenInterval } from "../../core/time/interval";
import { formatBound } from "../../core/time/key";

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

export interface LedgerRecord extends TableName {
  readonly partition: string;
  /** Schema of the partition, if not that of its table. */
  readonly partitionSchema?: string;
  /** Branch that contains it, or that it is itself, as encodeBranchPath writes it; left out: it belongs to the table itself. */
  readonly branch?: string;
  readonly bounds: OpenInterval;
  readonly event: LedgerEvent;
  /** Time of effect by the clock that decides; left out, the database's. */
  readonly effectiveAt?: Instant;
  /** Name of the engine operation. */
  readonly run: string;
  readonly detail: LedgerDetail;
}

/**
 * Returns the facts that distinguish two entries of one step: another promise, archive or pin is another step, another end of the
 * grace is not.
 */
function buildPromiseText(detail: string): string {
  const told = ["archive", "manifest", "pinned", "until"].map((key) => `${detail} -> '${key}'`);
  return `pg_catalog.jsonb_build_array(${detail} -> 'dropAfter' is not null, ${told.join(", ")})`;
}

/** Position of the log when a partition left: a slot that has read no further still has to read changes of it. */
const LEFT_AT = `case
  when $7::text in ('detaching', 'detached') and exists (select from pg_catalog.pg_replication_slots s where s.database = pg_catalog.current_database())
  then pg_catalog.jsonb_build_object('lsn', pg_catalog.pg_current_wal_lsn()::text) else '{}' end`;

/**
 * Writes one row of the ledger. The oid is looked up in the same statement: a name may mean another table a moment later. A step
 * of a partition's life is not written twice, if a run was killed or did not learn that it had written it
 * (core/observed/ledger-life.ts): the last entry about this relation is the same, with the same promise.
 */
export function recordLedgerStatement(management: string, record: LedgerRecord): Statement {
  const ledger = `${quote(management)}.ledger`;
  const unwritten = ONCE.includes(record.event)
    ? `
where not exists (
  select from (
    select l.event, l.detail from ${ledger} l
    where l.partition_oid = o.oid and l.event = any ('{${LIFE_EVENTS.join(",")}}'::text[])
    order by l.id desc limit 1
  ) last
  where last.event = $7::text and ${buildPromiseText("last.detail")} = ${buildPromiseText("$10::jsonb")}
)`
    : "";
  return buildStatement(
    `insert into ${ledger} (schema_name, table_name, partition_name, partition_oid, lower_bound, upper_bound, event, effective_at, run, detail, branch)
select $1::text, $2::text, $3::text, o.oid, $5::timestamptz, $6::timestamptz, $7::text, coalesce($8::timestamptz, now()), $9::text, $10::jsonb || ${LEFT_AT}, $11::text
from (
  select (
    select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = $4::text and c.relname = $3::text
  ) as oid
) o${unwritten}`,
    [
      record.schema,
      record.table,
      record.partition,
      record.partitionSchema ?? record.schema,
      record.bounds.from ? formatServerTime(record.bounds.from) : null,
      record.bounds.to ? formatServerTime(record.bounds.to) : null,
      record.event,
      record.effectiveAt ? formatServerTime(record.effectiveAt) : null,
      record.run,
      JSON.stringify(record.detail),
      record.branch ?? "",
    ],
    "none: the ledger is only ever added to",
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

/** Returns a statement without a transaction label: callers set that of the change it records. */
export function buildStatement(sql: string, values: readonly (string | null)[], undo: string): Statement {
  return { sql, values, transaction: undefined, timeouts: "light", locks: [], hold: "instant", hazards: [], undo };
}

/** Formats a time for the server, which reads no signed or six-digit ISO years: those before year 1 are written with BC. */
export function formatServerTime(instant: Instant): string {
  return formatBound(instant, "timestamptz", "UTC");
}
