import { quote, quoteQualified } from "../../names/identifier";
import type { ForeignKeySpec } from "../../declare/table/constraints";
import type { Observation } from "../../observed/observed-table";
import { formatPath } from "../../problems/shape-problems";
import type { Problem } from "../../problems/problem";
import type { TableShape } from "../../declare/table/spec";
import { isSerial } from "../alter/changes";
import type { NamedNeed, TableNeeds } from "./needs";

/** Answers of the catalogue about what a declaration names; what does not exist is not listed. */
export interface NeedFacts {
  /** The connected role. */
  readonly role: string;
  readonly roles: readonly string[];
  readonly schemas: readonly { readonly name: string; readonly creates: boolean }[];
  readonly tablespaces: readonly { readonly name: string; readonly creates: boolean }[];
  readonly targets: readonly TargetFacts[];
}

/** A table that foreign keys point to. */
interface TargetFacts {
  readonly schema: string;
  readonly table: string;
  /** True if the connected role may use its schema. */
  readonly usable: boolean;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly references: boolean }[];
  /** Columns of each of its keys: unique indexes that a foreign key can point to. */
  readonly keys: readonly (readonly string[])[];
}

/** Returns a table of the same program as it will be: it need not exist yet. */
export function toDeclaredTarget(shape: TableShape): TargetFacts | undefined {
  if (!shape.columns) return undefined;
  return {
    schema: shape.schema,
    table: shape.table,
    usable: true,
    columns: shape.columns.map(({ name, type }) => ({ name, type: toStoredType(type), references: true })),
    keys: [
      ...(shape.primaryKey ? [shape.primaryKey] : []),
      ...shape.uniques.map(({ columns }) => columns),
      ...shape.indexes
        .filter(({ unique, where }) => unique && where === undefined)
        .map(({ columns }) => columns.flatMap(({ column }) => column ?? [])),
    ],
  };
}

/** Returns the type of the values: that of a serial is an integer. */
export function toStoredType(type: string): string {
  if (!isSerial(type)) return type;
  return /big|8/i.test(type) ? "bigint" : /small|2/i.test(type) ? "smallint" : "integer";
}

/**
 * What could settle a problem before the update: nothing; a resource of another package that the table waits for; or a table
 * that the same program declares, perhaps later.
 */
type Settler = "nothing" | "awaited" | "program";

export interface NeedProblem extends Problem {
  readonly settledBy: Settler;
}

/** Returns what the database lacks, each at its argument. */
export function findNeedProblems(needs: TableNeeds, facts: NeedFacts): NeedProblem[] {
  return [
    ...findRoleProblems(needs.roles, facts.roles),
    ...needs.schemas.flatMap((need) => findSchemaProblems(need, facts)),
    ...needs.tablespaces.flatMap((need) => findTablespaceProblems(need, facts)),
    ...needs.keys.flatMap((key) => findKeyProblems(key, facts)),
  ];
}

/** Returns what this version of the server does not have. */
export function findVersionProblems(shape: TableShape, { table, serverVersion }: VersionFacts): NeedProblem[] {
  const refuseBefore = (version: number, path: readonly PropertyKey[], what: string, fix: string): NeedProblem[] =>
    (serverVersion ?? version) >= version
      ? []
      : [
          {
            path: formatPath(path),
            code: "not-available-yet",
            message: `PostgreSQL ${String(serverVersion)} has no ${what}: that comes with ${version}.`,
            fix,
            settledBy: "nothing",
          },
        ];
  return [
    ...(shape.profile.grants ?? [])
      .filter(({ privileges }) => privileges.includes("maintain"))
      .flatMap(({ role }) => refuseBefore(17, ["grants", role], "privilege maintain", "Remove it.")),
    // The plan of an existing table refuses these.
    ...(table
      ? []
      : [
          ...shape.checks.map((one) => ["checks", one] as const),
          ...shape.foreignKeys.map((one) => ["foreignKeys", one] as const),
        ]
    )
      .filter(([, { enforced }]) => enforced === false)
      .flatMap(([list, { name }]) =>
        refuseBefore(18, [list, name, "enforced"], "constraint that is not enforced", "Remove enforced: false."),
      ),
  ];
}

type VersionFacts = Pick<Observation, "table" | "serverVersion">;

function findRoleProblems(needs: readonly NamedNeed[], known: readonly string[]): NeedProblem[] {
  return needs
    .filter(({ name }) => !known.includes(name))
    .map(({ name, path }) => describeMissing(path, `role ${JSON.stringify(name)}`));
}

function findSchemaProblems({ name, path }: NamedNeed, { schemas, role }: NeedFacts): NeedProblem[] {
  const found = schemas.find((one) => one.name === name);
  const object = `schema ${JSON.stringify(name)}`;
  if (!found) return [describeMissing(path, object, `CREATE SCHEMA ${quote(name)}`)];
  if (found.creates) return [];
  const grant = `GRANT USAGE, CREATE ON SCHEMA ${quote(name)} TO ${quote(role)}`;
  return [describeForbidden(path, `role ${JSON.stringify(role)} may not create tables in ${object}`, grant)];
}

function findTablespaceProblems({ name, path }: NamedNeed, { tablespaces, role }: NeedFacts): NeedProblem[] {
  const found = tablespaces.find((one) => one.name === name);
  const object = `tablespace ${JSON.stringify(name)}`;
  if (!found) return [describeMissing(path, object)];
  if (found.creates) return [];
  const grant = `GRANT CREATE ON TABLESPACE ${quote(name)} TO ${quote(role)}`;
  return [describeForbidden(path, `role ${JSON.stringify(role)} may not create tables in ${object}`, grant)];
}

/** Judges a foreign key to an existing table. One to a missing table is left to PartitionWindow, which comes after all tables. */
function findKeyProblems(key: ForeignKeySpec, { targets, role }: NeedFacts): NeedProblem[] {
  const { schema, table, columns } = key.references;
  const target = targets.find((one) => one.schema === schema && one.table === table);
  if (!target) return [];
  const path = ["foreignKeys", key.name, "references"];
  const name = `"${schema}.${table}"`;
  const unknown = columns.flatMap((column, index): NeedProblem[] =>
    target.columns.some((one) => one.name === column)
      ? []
      : [
          {
            path: formatPath([...path, "columns", index]),
            code: "unknown-column",
            message: `the referenced table ${name} has no column ${JSON.stringify(column)}.`,
            fix: `Correct the name; its columns are: ${target.columns.map((one) => one.name).join(", ")}.`,
            settledBy: "awaited",
          },
        ],
  );
  if (unknown.length > 0) return unknown;
  const referenced = target.columns.filter((one) => columns.includes(one.name));
  const grants = [
    ...(target.usable ? [] : [`GRANT USAGE ON SCHEMA ${quote(schema)} TO ${quote(role)}`]),
    ...(referenced.every((one) => one.references)
      ? []
      : [`GRANT REFERENCES ON ${quoteQualified(schema, table)} TO ${quote(role)}`]),
  ];
  return [
    ...(grants.length > 0
      ? [
          describeForbidden(
            formatPath(path),
            `role ${JSON.stringify(role)} may not refer to table ${name}`,
            grants.join("; "),
          ),
        ]
      : []),
    ...(target.keys.some((one) => isSameSet(one, columns))
      ? []
      : [
          {
            path: formatPath([...path, "columns"]),
            code: "invalid-value" as const,
            message: `no primary key or unique index of the referenced table ${name} has exactly the columns ${columns.join(", ")}.`,
            fix: "Name the columns of one, or create it first.",
            settledBy: "awaited" as const,
          },
        ]),
  ];
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

function describeMissing(path: string, object: string, statement?: string): NeedProblem {
  const how = statement === undefined ? "" : ` (${statement})`;
  return {
    path,
    code: "invalid-value",
    message: `${object} does not exist.`,
    fix: `Create it first${how}, or correct the name.`,
    settledBy: "awaited",
  };
}

function describeForbidden(path: string, message: string, statements: string): NeedProblem {
  return {
    path,
    code: "privileges",
    message: `${message}.`,
    fix: `An administrator has to run: ${statements}.`,
    settledBy: "awaited",
  };
}
