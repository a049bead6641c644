import { quote, quoteLiteral, quoteQualified } from "../names/identifier";
import type { TableName } from "../names/table-name";
import type { FunctionCaller, RegisteredAlias } from "../observed/registration";
import type { Problem } from "../problems/problem";
import { formatPath } from "../problems/shape-problems";
import { ALIAS_KINDS, type AliasKind, type FunctionNames } from "../declare/schedule/function-names";
import type { Statement } from "../sql/statement";

/** A function or view under a name chosen for callers. */
export type Alias = Omit<RegisteredAlias, "state" | "callers">;

/** An object that already has such a name. */
export interface TakenName {
  readonly kind: "function" | "relation";
  readonly schema: string;
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
  const findStale = (alias: Alias): RegisteredAlias | undefined => stale.find((one) => hasSameName(one, alias));
  const isReplaced = (one: RegisteredAlias): boolean =>
    missing.some((alias) => hasSameName(one, alias) && canReplace(one, alias));
  const inTheWay = missing.flatMap((alias) => {
    const other = taken.find((one) => collides(one, alias, stale));
    return other && (alias.kind === "query" || !findStale(alias)) ? [refuseConflict(alias, other)] : [];
  });
  return {
    statements: [
      ...stale.filter((one) => !isReplaced(one)).map((alias) => ({ ...dropAliasStatement(alias), transaction })),
      ...missing.flatMap((alias) => {
        const old = findStale(alias);
        return old && isReplaced(old)
          ? [replaceStatement(old, alias, transaction)]
          : createStatements(alias, transaction, old);
      }),
    ],
    differences: [
      ...stale
        .filter((one) => !missing.some((alias) => hasSameName(one, alias)))
        .map((alias) => `${formatSignature(alias)} is no longer declared`),
      ...missing.map((alias) => `${formatSignature(alias)} is ${findStale(alias) ? "another one" : "missing"}`),
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

/**
 * Creates an alias. Functions of the management schema run with the rights of their caller there, so only the owner may call one
 * until EXECUTE is granted. A query function is left to the default privileges: the rights and the row security of the table
 * decide. One that has to be dropped and created anew retains its callers.
 */
function createStatements(alias: Alias, transaction: string, old: RegisteredAlias | undefined): Statement[] {
  const undo = dropAliasStatement(alias).sql;
  const create: Statement = { ...PLAIN, ...lookUp(alias), sql: alias.definition, transaction, undo };
  if (alias.kind === "view") return [create];
  const name = `${quoteQualified(alias.schema, alias.name)}(${alias.arguments})`;
  const revoke = `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC`;
  const rights = alias.kind === "function" ? [revoke] : listRights(name, revoke, old?.callers ?? undefined);
  return [create, ...rights.map((sql) => ({ ...PLAIN, sql, transaction, undo: "dropped with it" }))];
}

/** Returns what gives a new function the callers of the old one. Undefined: those of every new function. */
function listRights(name: string, revoke: string, callers: readonly FunctionCaller[] | undefined): string[] {
  if (!callers) return [];
  return [
    ...(callers.some(({ role }) => role === null) ? [] : [revoke]),
    ...callers.flatMap(({ role, grantable }) =>
      role === null
        ? []
        : [`GRANT EXECUTE ON FUNCTION ${name} TO ${quote(role)}${grantable ? " WITH GRANT OPTION" : ""}`],
    ),
  ];
}

/** True if CREATE OR REPLACE gives the wanted function, which then retains grants, owner, and the views that use it. */
function canReplace(old: RegisteredAlias, alias: Alias): boolean {
  return alias.kind === "query" && old.signature === alias.signature && (old.defaults ?? 0) <= (alias.defaults ?? 0);
}

function replaceStatement(old: RegisteredAlias, alias: Alias, transaction: string): Statement {
  const undo = toReplace(old.definition);
  return { ...PLAIN, ...lookUp(alias), sql: toReplace(alias.definition), transaction, undo };
}

/** CREATE FUNCTION parses the body: it waits for a session that changes the table, as every query does. */
function lookUp({ queries }: Alias): Partial<Pick<Statement, "timeouts" | "locks">> {
  if (queries === undefined) return {};
  return { timeouts: "strong", locks: [{ relation: queries, role: "parent", mode: "ACCESS SHARE" }] };
}

function toReplace(definition: string): string {
  return definition.replace(/^CREATE /, "CREATE OR REPLACE ");
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

/** A query function is the only one of its name: with defaults, a call could not tell it from another. */
function hasSameName(one: Alias, other: Alias): boolean {
  return (
    one.kind === other.kind &&
    one.schema === other.schema &&
    one.name === other.name &&
    (one.kind === "query" || one.arguments === other.arguments)
  );
}

/**
 * True if the names collide: functions differ by their arguments, query functions do not; a view shares its name with no other
 * relation.
 */
function collides(taken: TakenName, alias: Alias, stale: readonly Alias[]): boolean {
  if (taken.schema !== alias.schema || taken.name !== alias.name) return false;
  if (alias.kind === "view" || taken.kind === "relation") return alias.kind === "view" && taken.kind === "relation";
  if (alias.kind === "function") return taken.arguments === alias.arguments;
  return !stale.some((one) => hasSameName(one, alias) && one.arguments === taken.arguments);
}

function refuseConflict(alias: Alias, taken: TakenName): Problem {
  const name = quoteQualified(alias.schema, alias.name);
  const rename =
    alias.kind === "view"
      ? `ALTER TABLE ${name} RENAME TO …`
      : `ALTER FUNCTION ${name}(${taken.arguments}) RENAME TO …`;
  return {
    path: alias.kind === "query" ? formatPath(["queryFunctions", alias.name]) : "functionNames",
    code: "name-collision",
    message: `the ${taken.kind} ${formatSignature({ ...alias, arguments: taken.arguments })} exists and is not managed here: it is not replaced.`,
    fix: `Rename it (${rename}) or drop it when its callers can use the declared one; or declare another name.`,
  };
}
