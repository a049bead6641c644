import { quote, quoteLiteral, quoteQualified } from "../names/identifier";
import type { TableName } from "../names/table-name";
import type { RegisteredAlias } from "../observed/registration";
import type { Problem } from "../problems/problem";
import { ALIAS_KINDS, type AliasKind, type FunctionNames } from "../declare/schedule/function-names";
import type { Statement } from "../sql/statement";

/** A function or view under a name chosen for callers. */
export type Alias = Omit<RegisteredAlias, "state">;

/** An object that already has such a name. */
export interface TakenName {
  readonly kind: "function" | "relation";
  readonly name: string;
  /** Types of the arguments; empty for a relation. */
  readonly arguments: string;
}

interface AliasPlan {
  readonly statements: readonly Statement[];
  /** In words: `create_partition(date) is missing`. */
  readonly differences: readonly string[];
  readonly problems: readonly Problem[];
}

/** Returns the objects for the declared names, in order of creation. */
export function buildAliases(management: string, table: TableName, names: FunctionNames | undefined): Alias[] {
  if (!names) return [];
  return ALIAS_KINDS.flatMap((kind) => {
    const name = names[kind];
    return name === undefined ? [] : MAKERS[kind]({ management, table, schema: names.schema, name });
  });
}

/**
 * Compares the declared names with the registered ones by their oids. Objects of others are never replaced; registered ones that
 * are no longer declared are dropped.
 */
export function planAliases(
  wanted: readonly Alias[],
  registered: readonly RegisteredAlias[],
  taken: readonly TakenName[],
): AliasPlan {
  const transaction = "names of callers";
  const kept = wanted.filter((alias) =>
    registered.some((one) => hasSameName(one, alias) && one.state === "same" && one.definition === alias.definition),
  );
  const stale = registered.filter((one) => one.state !== "gone" && !kept.some((alias) => hasSameName(one, alias)));
  const missing = wanted.filter((alias) => !kept.includes(alias));
  const inTheWay = missing.flatMap((alias) => {
    const ours = stale.some((one) => hasSameName(one, alias));
    const other = taken.find((one) => one.name === alias.name && collides(one, alias));
    return other && !ours ? [refuseConflict(alias, other)] : [];
  });
  return {
    statements: [
      ...stale.map((alias) => ({ ...dropAliasStatement(alias), transaction })),
      ...missing.flatMap((alias) => createStatements(alias, transaction)),
    ],
    differences: [
      ...stale
        .filter((one) => !missing.some((alias) => hasSameName(one, alias)))
        .map((alias) => `${formatSignature(alias)} is no longer declared`),
      ...missing.map(
        (alias) =>
          `${formatSignature(alias)} is ${stale.some((one) => hasSameName(one, alias)) ? "another one" : "missing"}`,
      ),
    ],
    problems: inTheWay,
  };
}

function dropAliasStatement(alias: Alias): Statement {
  const name = quoteQualified(alias.schema, alias.name);
  const sql = alias.kind === "view" ? `DROP VIEW ${name}` : `DROP FUNCTION ${name}(${alias.arguments})`;
  return { ...PLAIN, sql, transaction: undefined, undo: alias.definition };
}

/** `app.create_partition(date)`. */
export function formatSignature(alias: Alias): string {
  return `${alias.schema}.${alias.name}${alias.kind === "view" ? "" : `(${alias.arguments})`}`;
}

const PLAIN = { timeouts: "light", locks: [], hold: "instant", hazards: [] } as const;

/** Creates an alias that only its owner may call until EXECUTE is granted: it runs with the rights of its caller. */
function createStatements(alias: Alias, transaction: string): Statement[] {
  const undo = dropAliasStatement(alias).sql;
  const create: Statement = { ...PLAIN, sql: alias.definition, transaction, undo };
  if (alias.kind === "view") return [create];
  const name = `${quoteQualified(alias.schema, alias.name)}(${alias.arguments})`;
  return [
    create,
    { ...PLAIN, sql: `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC`, transaction, undo: "dropped with it" },
  ];
}

interface Making {
  readonly management: string;
  readonly table: TableName;
  /** Schema and name of the function or view. */
  readonly schema: string;
  readonly name: string;
}

const MAKERS: Readonly<Record<AliasKind, (making: Making) => Alias[]>> = {
  ensure: (making) =>
    ["date", "timestamp without time zone", "timestamp with time zone"].map((type) =>
      buildFunctionAlias(
        making,
        type,
        "regclass",
        `SELECT ${qualifyManaged(making, "ensure_partition")}(${formatRegclass(making)}, $1)`,
      ),
    ),
  window: (making) => [buildRowsAlias(making, "regclass", "ensure_partitions")],
  values: (making) => [buildRowsAlias(making, qualifyManaged(making, "branch_outcome"), "ensure_values")],
  expired: (making) => [buildRowsAlias(making, qualifyManaged(making, "expired_partition"), "expired")],
  info: (making) => [buildViewAlias(making, "partition_info")],
  stats: (making) => [buildRowsAlias(making, qualifyManaged(making, "counted_partition"), "partition_stats")],
  sizes: (making) => [buildRowsAlias(making, qualifyManaged(making, "sized_partition"), "partition_sizes")],
  analyze: (making) => [
    buildFunctionAlias(
      making,
      "",
      "void",
      `SELECT ${qualifyManaged(making, "analyze_partitions")}(${formatRegclass(making)})`,
    ),
  ],
  runway: (making) => [buildViewAlias(making, "runway")],
};

function buildRowsAlias(making: Making, type: string, of: string): Alias {
  return buildFunctionAlias(
    making,
    "",
    `SETOF ${type}`,
    `SELECT * FROM ${qualifyManaged(making, of)}(${formatRegclass(making)})`,
  );
}

function buildFunctionAlias(making: Making, types: string, returns: string, body: string): Alias {
  const { schema } = making;
  const definition =
    `CREATE FUNCTION ${quoteQualified(schema, making.name)}(${types}) RETURNS ${returns} LANGUAGE sql ` +
    `SET search_path = pg_catalog, pg_temp AS ${quoteLiteral(body)}`;
  return { kind: "function", schema, name: making.name, arguments: types, definition };
}

function buildViewAlias(making: Making, of: string): Alias {
  const { schema, table } = making;
  const definition =
    `CREATE VIEW ${quoteQualified(schema, making.name)} WITH (security_invoker = true) AS SELECT * FROM ${qualifyManaged(making, of)} ` +
    `WHERE schema_name = ${quoteLiteral(table.schema)} AND table_name = ${quoteLiteral(table.table)}`;
  return { kind: "view", schema, name: making.name, arguments: "", definition };
}

function qualifyManaged(making: Making, name: string): string {
  return `${quote(making.management)}.${name}`;
}

function formatRegclass({ table }: Making): string {
  return `${quoteLiteral(quoteQualified(table.schema, table.table))}::regclass`;
}

function hasSameName(one: Alias, other: Alias): boolean {
  return (
    one.kind === other.kind &&
    one.schema === other.schema &&
    one.name === other.name &&
    one.arguments === other.arguments
  );
}

/** True if the names collide: functions differ by their arguments; a view shares its name with no other relation. */
function collides(taken: TakenName, alias: Alias): boolean {
  return alias.kind === "view"
    ? taken.kind === "relation"
    : taken.kind === "function" && taken.arguments === alias.arguments;
}

function refuseConflict(alias: Alias, taken: TakenName): Problem {
  const name = quoteQualified(alias.schema, alias.name);
  const rename =
    alias.kind === "view"
      ? `ALTER TABLE ${name} RENAME TO …`
      : `ALTER FUNCTION ${name}(${alias.arguments}) RENAME TO …`;
  return {
    path: "functionNames",
    code: "name-collision",
    message: `the ${taken.kind} ${formatSignature(alias)} exists and is not managed here: it is not replaced.`,
    fix: `Rename it (${rename}) or drop it when its callers can use the declared one; or declare another name.`,
  };
}
