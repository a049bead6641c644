// The three levels of the petri observations: program, site, month; programs and sites are rows of two tables.
import type { ListLevelArgs, TableSpecArgs } from "../../../components";
import type { TestDatabase } from "../database";
import type { Program } from "./declare";

export function petri(
  changes: Partial<TableSpecArgs> = {},
  levels: Partial<Record<"program" | "site", Partial<ListLevelArgs>>> = {},
): TableSpecArgs {
  return {
    schema: "app",
    table: "petri_obs",
    columns: {
      observation_id: "uuid",
      program_id: "text",
      site_id: "text",
      created_at: "timestamptz",
      growth: { type: "int", nullable: true },
    },
    primaryKey: ["observation_id", "program_id", "site_id", "created_at"],
    partitionBy: [
      {
        list: "program_id",
        values: { from: "pilot_programs", column: "program_id", where: "end_date > date '2025-03-01'" },
        name: "{table}_prog_{value}",
        ...levels.program,
      },
      {
        list: "site_id",
        values: { from: "sites", column: "site_id", parent: "program_id" },
        name: "{base}_site_{value}",
        ...levels.site,
      },
      { range: "created_at", every: "month", name: "{base}_{yyyy}_{mm}" },
    ],
    window: { lead: "1 month", retention: "12 months", start: "2025-02-01" },
    onExpire: "drop",
    grace: "none",
    indexes: { growth: { columns: ["growth"] } },
    ...changes,
  };
}

export function petriProgram(day: string, ...table: Parameters<typeof petri>): Program {
  return { tables: { petri: petri(...table) }, asOf: `${day}T00:00:00Z` };
}

/** Everything that a partition has to carry. */
export const carried: Partial<TableSpecArgs> = {
  rowSecurity: { policies: { own: { using: "petri_obs.program_id = current_user" } }, partitionAccess: "mirror" },
  grants: { public: ["select"] },
  replicaIdentity: "full",
  storage: { hot: { options: { fillfactor: 90 } } },
  statistics: { growth: 500 },
};

/** Two sites of one program, and a program that has ended. */
export async function makeSources(database: TestDatabase): Promise<void> {
  await database.query(`create table app.pilot_programs (program_id text primary key, end_date date not null);
    create table app.sites (site_id text, program_id text, primary key (site_id, program_id));
    insert into app.pilot_programs values ('abc-123', '2026-01-01'), ('old', '2024-01-01');
    insert into app.sites values ('def-456', 'abc-123'), ('xyz-789', 'abc-123'), ('s', 'old')`);
}

/** A program with one site, as the application would enter them. */
export async function addProgram(database: TestDatabase, name: string, site = "one"): Promise<void> {
  await database.query("insert into app.pilot_programs values ($1, '2027-01-01')", [name]);
  await database.query("insert into app.sites values ($1, $2)", [site, name]);
}

export async function observe(database: TestDatabase, name: string, site: string, day: string): Promise<void> {
  await database.query("insert into app.petri_obs values (gen_random_uuid(), $1, $2, $3, 1)", [name, site, day]);
}

/** Names of the partitions at all depths that match. */
export async function tree(database: TestDatabase, pattern = "."): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    "select c.relname as name from pg_partition_tree('app.petri_obs') t join pg_class c on c.oid = t.relid where c.relname ~ $1 order by 1",
    [pattern],
  );
  return rows.map(({ name }) => name);
}
