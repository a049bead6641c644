import type { TableName } from "../names/table-name";

/** Purpose of a database role, which decides its privileges. */
type RolePurpose = "archive" | "read";

/** A role as far as its grants require. */
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
 * Returns privileges that roles need before any table exists: readers use the schemas of their tables, archivers create
 * partitions in them and, if pg_cron is created, schedule jobs.
 */
export function listSchemaGrants(roles: Roles, tables: Tables, extensions: readonly string[]): WantedGrant[] {
  return Object.entries(roles).flatMap(([role, one]) => {
    const schemas = new Set(listTables(one, tables).map(({ schema }) => schema));
    const privileges = one.for === "archive" ? ["CREATE", "USAGE"] : ["USAGE"];
    const own = [...schemas].map((schema) => toSchemaGrant(role, schema, privileges));
    const cron = one.for === "archive" && extensions.includes("pg_cron");
    return cron ? [...own, toSchemaGrant(role, CRON_SCHEMA, ["USAGE"])] : own;
  });
}

/** Returns the readers' privileges on the tables alone: a reader of a table needs no privilege on its partitions. */
export function listTableGrants(roles: Roles, tables: Tables): WantedGrant[] {
  const readers = Object.entries(roles).filter(([, one]) => one.for === "read");
  return readers.flatMap(([role, one]) => {
    const bySchema = new Map<string, string[]>();
    for (const { schema, table } of listTables(one, tables))
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

function toSchemaGrant(role: string, schema: string, privileges: readonly string[]): WantedGrant {
  return { role, objectType: "schema", schema, objects: [], privileges };
}

function listTables(role: RoleGrants, tables: Tables): TableName[] {
  return Object.entries(tables)
    .filter(([key]) => role.tables === undefined || role.tables.includes(key))
    .map(([, name]) => name);
}
