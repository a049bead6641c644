import type { TableName } from "../names/table-name";

/** What a role of the database may do with the tables. */
type RolePurpose = "archive" | "read";

/** A role as far as its grants go. */
export interface RoleGrants {
  readonly for: RolePurpose;
  /** Keys of the tables that it reads; undefined: all. */
  readonly tables: readonly string[] | undefined;
}

/** Privileges of one role on one schema, or on tables of it. */
export interface WantedGrant {
  readonly role: string;
  readonly objectType: "schema" | "table";
  readonly schema: string;
  /** The tables; empty for the schema itself. */
  readonly objects: readonly string[];
  readonly privileges: readonly string[];
}

type Roles = Readonly<Record<string, RoleGrants>>;
type Tables = Readonly<Record<string, TableName>>;

/** The schema of pg_cron's functions. */
const CRON_SCHEMA = "cron";

/**
 * What roles need before there is a table: readers may look into the schemas of their tables, archivers may make partitions in
 * them, and plan jobs where pg_cron is made.
 */
export function schemaGrants(roles: Roles, tables: Tables, extensions: readonly string[]): WantedGrant[] {
  return Object.entries(roles).flatMap(([role, one]) => {
    const schemas = new Set(tablesOf(one, tables).map(({ schema }) => schema));
    const privileges = one.for === "archive" ? ["CREATE", "USAGE"] : ["USAGE"];
    const own = [...schemas].map((schema) => schemaGrant(role, schema, privileges));
    const cron = one.for === "archive" && extensions.includes("pg_cron");
    return cron ? [...own, schemaGrant(role, CRON_SCHEMA, ["USAGE"])] : own;
  });
}

/** What readers need on the tables: on them alone, since whoever reads a table needs no privilege on its partitions. */
export function tableGrants(roles: Roles, tables: Tables): WantedGrant[] {
  const readers = Object.entries(roles).filter(([, one]) => one.for === "read");
  return readers.flatMap(([role, one]) => {
    const bySchema = new Map<string, string[]>();
    for (const { schema, table } of tablesOf(one, tables))
      bySchema.set(schema, [...(bySchema.get(schema) ?? []), table]);
    return [...bySchema].map(([schema, objects]) => ({
      role,
      objectType: "table" as const,
      schema,
      objects,
      privileges: ["SELECT"],
    }));
  });
}

function schemaGrant(role: string, schema: string, privileges: readonly string[]): WantedGrant {
  return { role, objectType: "schema", schema, objects: [], privileges };
}

function tablesOf(role: RoleGrants, tables: Tables): TableName[] {
  return Object.entries(tables)
    .filter(([key]) => role.tables === undefined || role.tables.includes(key))
    .map(([, name]) => name);
}
