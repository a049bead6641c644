import { quote, quoteLiteral, quoteQualified } from "../names/identifier";
import type { RegisteredAlias } from "../observed/registration";
import type { Problem } from "../problems/problem";
import { ALIAS_KINDS, type AliasKind, type FunctionAliasesWire } from "../declare/schedule/function-names";
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

export interface AliasPlan {
  readonly statements: readonly Statement[];
  /** In words: `create_partition(date) is missing`. */
  readonly differences: readonly string[];
  readonly problems: readonly Problem[];
}

/** Returns the objects for the declared names, in order of creation. */
export function aliasesOf(management: string, wire: FunctionAliasesWire): Alias[] {
  return ALIAS_KINDS.flatMap((kind) => {
    const name = wire.names[kind];
    return name === undefined ? [] : MAKERS[kind]({ management, wire, name });
  });
}

/**
 * Returns the declaration that matches the registered names: each is what one kind creates under its name. Undefined: none is
 * registered.
 */
export function declaredBy(
  management: string,
  table: { readonly schema: string; readonly table: string },
  registered: readonly RegisteredAlias[],
): FunctionAliasesWire | undefined {
  const there = registered.filter((alias) => alias.state === "same");
  const aliasSchema = there[0]?.schema;
  if (aliasSchema === undefined) return undefined;
  const names = ALIAS_KINDS.flatMap((kind) => {
    const made = (name: string) => aliasesOf(management, { ...table, aliasSchema, names: { [kind]: name } });
    const found = there.find(({ name, definition }) => made(name).some((alias) => alias.definition === definition));
    return found ? [[kind, found.name] as const] : [];
  });
  return { ...table, aliasSchema, names: Object.fromEntries(names) };
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
    registered.some((one) => sameName(one, alias) && one.state === "same" && one.definition === alias.definition),
  );
  const stale = registered.filter((one) => one.state !== "gone" && !kept.some((alias) => sameName(one, alias)));
  const missing = wanted.filter((alias) => !kept.includes(alias));
  const inTheWay = missing.flatMap((alias) => {
    const ours = stale.some((one) => sameName(one, alias));
    const other = taken.find((one) => one.name === alias.name && collides(one, alias));
    return other && !ours ? [conflict(alias, other)] : [];
  });
  return {
    statements: [
      ...stale.map((alias) => ({ ...dropAliasStatement(alias), transaction })),
      ...missing.flatMap((alias) => createStatements(alias, transaction)),
    ],
    differences: [
      ...stale
        .filter((one) => !missing.some((alias) => sameName(one, alias)))
        .map((alias) => `${signature(alias)} is no longer declared`),
      ...missing.map(
        (alias) => `${signature(alias)} is ${stale.some((one) => sameName(one, alias)) ? "another one" : "missing"}`,
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
export function signature(alias: Alias): string {
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
  readonly wire: FunctionAliasesWire;
  readonly name: string;
}

const MAKERS: Readonly<Record<AliasKind, (making: Making) => Alias[]>> = {
  ensure: (making) =>
    ["date", "timestamp without time zone", "timestamp with time zone"].map((type) =>
      functionAlias(making, type, "regclass", `SELECT ${own(making, "ensure_partition")}(${table(making)}, $1)`),
    ),
  window: (making) => [rowsAlias(making, "regclass", "ensure_partitions")],
  values: (making) => [rowsAlias(making, own(making, "branch_outcome"), "ensure_values")],
  expired: (making) => [rowsAlias(making, own(making, "expired_partition"), "expired")],
  info: (making) => [viewAlias(making, "partition_info")],
  stats: (making) => [rowsAlias(making, own(making, "counted_partition"), "partition_stats")],
  sizes: (making) => [rowsAlias(making, own(making, "sized_partition"), "partition_sizes")],
  analyze: (making) => [
    functionAlias(making, "", "void", `SELECT ${own(making, "analyze_partitions")}(${table(making)})`),
  ],
  runway: (making) => [viewAlias(making, "runway")],
};

function rowsAlias(making: Making, type: string, of: string): Alias {
  return functionAlias(making, "", `SETOF ${type}`, `SELECT * FROM ${own(making, of)}(${table(making)})`);
}

function functionAlias(making: Making, types: string, returns: string, body: string): Alias {
  const { aliasSchema: schema } = making.wire;
  const definition =
    `CREATE FUNCTION ${quoteQualified(schema, making.name)}(${types}) RETURNS ${returns} LANGUAGE sql ` +
    `SET search_path = pg_catalog, pg_temp AS ${quoteLiteral(body)}`;
  return { kind: "function", schema, name: making.name, arguments: types, definition };
}

function viewAlias(making: Making, of: string): Alias {
  const { schema: tableSchema, table: tableName, aliasSchema: schema } = making.wire;
  const definition =
    `CREATE VIEW ${quoteQualified(schema, making.name)} WITH (security_invoker = true) AS SELECT * FROM ${own(making, of)} ` +
    `WHERE schema_name = ${quoteLiteral(tableSchema)} AND table_name = ${quoteLiteral(tableName)}`;
  return { kind: "view", schema, name: making.name, arguments: "", definition };
}

function own(making: Making, name: string): string {
  return `${quote(making.management)}.${name}`;
}

function table({ wire }: Making): string {
  return `${quoteLiteral(quoteQualified(wire.schema, wire.table))}::regclass`;
}

function sameName(one: Alias, other: Alias): boolean {
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

function conflict(alias: Alias, taken: TakenName): Problem {
  const name = quoteQualified(alias.schema, alias.name);
  const rename =
    alias.kind === "view"
      ? `ALTER TABLE ${name} RENAME TO …`
      : `ALTER FUNCTION ${name}(${alias.arguments}) RENAME TO …`;
  return {
    path: "functionNames",
    code: "name-collision",
    message: `the ${taken.kind} ${signature(alias)} exists and is not managed here: it is not replaced.`,
    fix: `Rename it (${rename}) or drop it when its callers can use the declared one; or declare another name.`,
  };
}
