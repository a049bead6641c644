import { quote } from "../../core/names/identifier";
import type { RegisteredAlias } from "../../core/observed/registration";
import type { PreparedPartition } from "../../core/plan/prepare/prepared";
import type { PreparedLevels } from "../../core/plan/prepare/prepared-levels";
import type { Statement } from "../../core/sql/statement";
import type { TableName } from "../../core/names/table-name";
import { buildStatement, formatServerTime } from "./statement";

/** Statements that record the schedule in the database: what it has to create, its job, and the names of callers. */

/**
 * Records what the schedule in the database has to create, instead of the earlier record, and the digest of that: one statement,
 * which does not touch unchanged rows.
 */
export function recordPreparedStatement(
  management: string,
  entry: TableName & { readonly prepared: readonly PreparedPartition[]; readonly digest: string },
): Statement {
  const rows = entry.prepared.map((partition) => ({
    branch: partition.branch,
    lower_bound: formatServerTime(partition.from),
    upper_bound: formatServerTime(partition.to),
    parent_schema: partition.parent.schema,
    parent_name: partition.parent.name,
    partition_schema: partition.schema,
    partition_name: partition.name,
    due_at: formatServerTime(partition.dueAt),
    horizon: partition.horizon ? formatServerTime(partition.horizon) : null,
    statements: partition.statements,
  }));
  return buildStatement(
    `with wanted as (
  select * from jsonb_to_recordset($3::jsonb) as w (
    branch text, lower_bound timestamptz, upper_bound timestamptz, parent_schema text, parent_name text, partition_schema text,
    partition_name text, due_at timestamptz, horizon timestamptz, statements text[]
  )
),
known as (
  update ${quote(management)}.registry set prepared = $4::text, updated_at = now()
  where schema_name = $1::text and table_name = $2::text
  returning schema_name, table_name
),
gone as (
  delete from ${quote(management)}.prepared p
  where p.schema_name = $1::text and p.table_name = $2::text
    and not exists (select from wanted w where w.branch = p.branch and w.lower_bound = p.lower_bound)
)
insert into ${quote(management)}.prepared as p (schema_name, table_name, branch, lower_bound, ${listPreparedColumns()})
select k.schema_name, k.table_name, w.branch, w.lower_bound, ${listPreparedColumns("w.")}
from known k, wanted w
on conflict (schema_name, table_name, branch, lower_bound) do update
set (${listPreparedColumns()}) = row (${listPreparedColumns("excluded.")})
where (${listPreparedColumns("p.")}) is distinct from (${listPreparedColumns("excluded.")})`,
    [entry.schema, entry.table, JSON.stringify(rows), entry.digest],
    "the next update records its own",
  );
}

function listPreparedColumns(prefix = ""): string {
  const names = "upper_bound parent_schema parent_name partition_schema partition_name due_at horizon statements".split(
    " ",
  );
  return names.map((name) => `${prefix}${name}`).join(", ");
}

/** Does the same for branches: removes the earlier record, then writes the levels, then the partitions of every branch. */
export function recordPreparedLevelsStatements(
  management: string,
  entry: TableName & { readonly levels: PreparedLevels },
): Statement[] {
  const buildReplaceStatements = (
    name: string,
    columns: string,
    types: string,
    rows: readonly object[],
  ): Statement[] => {
    const table = `${quote(management)}.${name}`;
    const undo = "the next update records its own";
    const gone = buildStatement(
      `delete from ${table} where schema_name = $1::text and table_name = $2::text`,
      [entry.schema, entry.table],
      undo,
    );
    const given = buildStatement(
      `insert into ${table} (schema_name, table_name, ${columns}) select $1::text, $2::text, w.* from jsonb_to_recordset($3::jsonb) w (${types})`,
      [entry.schema, entry.table, JSON.stringify(rows)],
      undo,
    );
    return rows.length > 0 ? [gone, given] : [gone];
  };
  return [
    ...buildReplaceStatements(
      "prepared_levels",
      LEVEL_COLUMNS.names,
      LEVEL_COLUMNS.types,
      entry.levels.levels.map(toLevelRow),
    ),
    ...buildReplaceStatements(
      "prepared_parts",
      PART_COLUMNS.names,
      PART_COLUMNS.types,
      entry.levels.parts.map(toPartRow),
    ),
  ];
}

const LEVEL_COLUMNS = describeColumns({
  depth: "integer",
  kind: "text",
  given: "text[]",
  source: "text",
  parent_depth: "integer",
  slug: "boolean",
  branch_schema: "text",
  branch_name: "jsonb",
  statements: "jsonb",
  attach: "jsonb",
  attach_first: "boolean",
});

const PART_COLUMNS = describeColumns({
  grid: "integer",
  fits: "jsonb",
  lower_bound: "timestamptz",
  upper_bound: "timestamptz",
  due_at: "timestamptz",
  horizon: "timestamptz",
  past: "boolean",
  partition_schema: "text",
  partition_name: "jsonb",
  statements: "jsonb",
});

function describeColumns(columns: Readonly<Record<string, string>>): {
  readonly names: string;
  readonly types: string;
} {
  const types = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  return { names: Object.keys(columns).join(", "), types: types.join(", ") };
}

function toLevelRow(level: PreparedLevels["levels"][number]): object {
  const { depth, kind, slug, name, attach } = level;
  return {
    depth,
    kind,
    given: level.values ?? null,
    source: level.source ?? null,
    parent_depth: level.parentDepth ?? null,
    slug,
    branch_schema: level.schema,
    branch_name: name,
    statements: level.own,
    attach,
    attach_first: level.attachFirst,
  };
}

function toPartRow(part: PreparedLevels["parts"][number]): object {
  const { grid, fits, past, name, statements } = part;
  return {
    grid,
    fits,
    lower_bound: formatServerTime(part.from),
    upper_bound: formatServerTime(part.to),
    due_at: formatServerTime(part.dueAt),
    horizon: part.horizon ? formatServerTime(part.horizon) : null,
    past,
    partition_schema: part.schema,
    partition_name: name,
    statements,
  };
}

/**
 * Records functions and views under names of callers, by their present oids: only these identify them later as managed by this
 * stack.
 */
export function recordAliasesStatement(
  management: string,
  entry: TableName & { readonly aliases: readonly Omit<RegisteredAlias, "state">[] },
): Statement {
  return buildStatement(
    `update ${quote(management)}.registry set aliases = coalesce((
  select jsonb_agg(a.value || jsonb_build_object(
    'oid', coalesce(p.oid, v.oid)::text, 'printed', md5(coalesce(pg_get_functiondef(p.oid), pg_get_viewdef(v.oid)))
  ) order by a.position)
  from jsonb_array_elements($3::jsonb) with ordinality a (value, position)
  join pg_namespace n on n.nspname = a.value ->> 'schema'
  left join pg_proc p on a.value ->> 'kind' in ('function', 'query') and p.pronamespace = n.oid
    and p.proname = a.value ->> 'name' and case a.value ->> 'kind'
      when 'query' then p.oid = to_regprocedure(format('%I.%I(%s)', n.nspname, p.proname, a.value ->> 'arguments'))
      else oidvectortypes(p.proargtypes) = a.value ->> 'arguments'
    end
  left join pg_class v on a.value ->> 'kind' = 'view' and v.relnamespace = n.oid and v.relname = a.value ->> 'name'
), '[]'), updated_at = now() where schema_name = $1::text and table_name = $2::text`,
    [entry.schema, entry.table, JSON.stringify(entry.aliases)],
    "the next update records them again",
  );
}

/** Records a job that was just created or taken over, by its id in pg_cron. From now on its runs are expected. */
export function recordScheduleStatement(
  management: string,
  entry: TableName & { readonly job: string; readonly user: string },
): Statement {
  return buildStatement(
    `update ${quote(management)}.registry set schedule = (
  select jsonb_build_object('job', j.jobname, 'jobId', j.jobid::text, 'since', to_jsonb(now()))
  from cron.job j where j.jobname = $3::text and j.username = $4::text
), updated_at = now() where schema_name = $1::text and table_name = $2::text`,
    [entry.schema, entry.table, entry.job, entry.user],
    "the next update records it again",
  );
}

/** Records that this stack has no job any more. */
export function forgetScheduleStatement(management: string, entry: TableName): Statement {
  return buildStatement(
    `update ${quote(management)}.registry set schedule = null, updated_at = now() where schema_name = $1 and table_name = $2`,
    [entry.schema, entry.table],
    "the next update records it again",
  );
}

/** Forgets what the schedule has to create: from now on it creates nothing, as the table is about to be removed. */
export function forgetPreparedStatement(management: string, entry: TableName): Statement {
  return buildStatement(
    `with gone as (delete from ${quote(management)}.prepared where schema_name = $1 and table_name = $2),
levels as (delete from ${quote(management)}.prepared_levels where schema_name = $1 and table_name = $2),
parts as (delete from ${quote(management)}.prepared_parts where schema_name = $1 and table_name = $2)
update ${quote(management)}.registry set prepared = null, updated_at = now() where schema_name = $1 and table_name = $2`,
    [entry.schema, entry.table],
    "the next update records them again",
  );
}
