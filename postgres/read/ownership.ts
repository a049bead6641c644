import type { Database } from "../database";
import type { ExecuteOptions } from "../execute/execute-options";
import { describeManagementSchema } from "../management/install";
import { parseTime } from "../catalog/observation";
import type { Instant } from "../../core/time/instant";
import { query } from "../queries";
import type { TableName } from "../../core/names/table-name";
import { claimTableStatement, releaseTableStatement, setPausedStatement } from "../registry/registry";
import { recordLedgerStatement } from "../registry/ledger";

/** Row of the registry, for listings. */
export interface RegisteredTable extends TableName {
  readonly owner: string;
  readonly mode: "managed" | "released";
  readonly paused: boolean;
  readonly window: unknown;
  readonly registeredAt: Instant;
  readonly updatedAt: Instant;
  /** True if a relation of that name still exists. */
  readonly exists: boolean;
}

export interface OwnershipOptions extends Omit<ExecuteOptions, "subject"> {
  /** Name of the operation in the ledger. */
  readonly run: string;
}

export async function listRegistered(database: Database): Promise<RegisteredTable[]> {
  const rows = await database.read(query("registry/registered", database.managementSchema));
  return rows.map((row) => ({
    schema: String(row["schema"]),
    table: String(row["table"]),
    owner: String(row["owner"]),
    mode: row["mode"] === "released" ? "released" : "managed",
    paused: row["paused"] === true,
    window: row["window"] ?? undefined,
    registeredAt: parseTime(String(row["registered_at"])),
    updatedAt: parseTime(String(row["updated_at"])),
    exists: row["exists"] === true,
  }));
}

/** Lists tables of the registry that exist and are managed; none if there is no registry yet. */
export async function listManaged(database: Database): Promise<RegisteredTable[]> {
  if ((await describeManagementSchema(database)).kind !== "ours") return [];
  return (await listRegistered(database)).filter((table) => table.mode === "managed" && table.exists);
}

/** Hands a table back unmanaged: no update touches it until a stack claims it. False: it is not registered. */
export function releaseTable(database: Database, table: TableName, options: OwnershipOptions): Promise<boolean> {
  return change(database, table, options, "releasing", (management) => [
    releaseTableStatement(management, table),
    recordLedgerStatement(management, {
      ...table,
      ...WHOLE,
      partition: table.table,
      event: "released",
      run: options.run,
    }),
  ]);
}

/** Takes a registered table into a stack. False: it is not registered, so a plain `pulumi up` will register it. */
export function claimTable(
  database: Database,
  table: TableName & { readonly owner: string },
  options: OwnershipOptions,
): Promise<boolean> {
  return change(database, table, options, "claiming", (management) => [
    claimTableStatement(management, table),
    recordLedgerStatement(management, {
      schema: table.schema,
      table: table.table,
      ...WHOLE,
      partition: table.table,
      event: "claimed",
      run: options.run,
    }),
  ]);
}

/** Stops or resumes retirement of a table. False: it is not registered. */
export function setPaused(
  database: Database,
  table: TableName & { readonly paused: boolean },
  options: OwnershipOptions,
): Promise<boolean> {
  return change(database, table, options, table.paused ? "pausing" : "resuming", (management) => [
    setPausedStatement(management, table),
  ]);
}

/** Entries about the table as a whole have no bounds, and its own name instead of a partition's. */
const WHOLE = { bounds: { from: undefined, to: undefined }, detail: {} };

async function change(
  database: Database,
  table: TableName,
  options: OwnershipOptions,
  verb: string,
  statements: (management: string) => Parameters<Database["execute"]>[0],
): Promise<boolean> {
  return database.withTableLock(table.schema, table.table, options, async () => {
    const known = await listRegistered(database);
    if (!known.some((entry) => entry.schema === table.schema && entry.table === table.table)) return false;
    const subject = `${verb} table "${table.schema}"."${table.table}"`;
    const transaction = `${verb} ${table.schema}.${table.table}`;
    await database.execute(
      statements(database.managementSchema).map((statement) => ({ ...statement, transaction })),
      { ...options, subject },
    );
    database.invalidate(table.schema, table.table);
    return true;
  });
}
