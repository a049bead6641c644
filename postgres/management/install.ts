import { quote } from "../../core/names/identifier";
import type { Statement } from "../../core/sql/statement";
import type { Database } from "../database";
import type { Log } from "../connect/log";
import { query } from "../queries";
import { getSqlState } from "../connect/sqlstate";
import { MANAGEMENT_VERSION, listUpgradeStatements } from "./versions";

interface ManagementOptions {
  readonly signal: AbortSignal;
  readonly log: Log;
}

export type ManagementState =
  | { readonly kind: "absent" }
  /** A schema of that name exists and belongs to another program. */
  | { readonly kind: "foreign"; readonly reason: string }
  | { readonly kind: "ours"; readonly version: number };

/** Thrown if the management schema cannot be used, created or dropped in its present state. Nothing was changed. */
export class ManagementSchemaError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ManagementSchemaError";
  }
}

/**
 * Creates the management schema, adopts the existing one, or upgrades an older one; returns its version. A newer version is used
 * as it is, because versions only add. An empty schema of that name, which an administrator may have created for a role without
 * CREATE on the database, is filled.
 */
export async function ensureManagementSchema(database: Database, options: ManagementOptions): Promise<number> {
  const management = database.managementSchema;
  const before = await describeManagementSchema(database);
  if (before.kind === "ours" && before.version >= MANAGEMENT_VERSION) return before.version;
  return database.withTableLock(management, "", options, async () => {
    const found = await describe(database);
    if (found.state.kind === "foreign")
      throw new ManagementSchemaError(
        `schema ${quote(management)} exists and is not managed by pgpartition: ${found.state.reason}`,
      );
    if (!found.exists && !found.mayCreate)
      throw new ManagementSchemaError(mayNotCreate(management, found.role, found.database));
    const current = found.state.kind === "ours" ? found.state.version : 0;
    for (let version = current + 1; version <= MANAGEMENT_VERSION; version += 1) {
      const statements = upgradeStatements(version, management).slice(version === 1 && found.exists ? 1 : 0);
      await database.execute(statements, {
        ...options,
        subject: `installing version ${version} of management schema ${quote(management)}`,
      });
    }
    database.invalidate();
    return Math.max(current, MANAGEMENT_VERSION);
  });
}

/** Returns the number of statements that create the management schema, or upgrade the existing one. */
export function listInstallStatements(state: ManagementState, management: string): Statement[] {
  const current = state.kind === "ours" ? state.version : 0;
  const versions = Array.from({ length: Math.max(0, MANAGEMENT_VERSION - current) }, (_, index) => current + index + 1);
  return versions.flatMap((version) => upgradeStatements(version, management));
}

/** Returns the state of the management schema. */
export async function describeManagementSchema(database: Database): Promise<ManagementState> {
  return (await describe(database)).state;
}

/** Explains why the connected role cannot create the management schema; undefined: it exists, or the role can. */
export async function explainMissingRight(database: Database): Promise<string | undefined> {
  const found = await describe(database);
  if (found.exists || found.mayCreate) return undefined;
  return mayNotCreate(database.managementSchema, found.role, found.database);
}

interface DropOptions extends ManagementOptions {
  /** `project/stack` that requests the drop. */
  readonly stack: string;
}

/** Drops the management schema, unless its content is still needed. */
export async function dropManagementSchema(database: Database, options: DropOptions): Promise<void> {
  const management = database.managementSchema;
  await database.withTableLock(management, "", options, async () => {
    const state = await describeManagementSchema(database);
    if (state.kind !== "ours") return;
    const remains = await database.read(query("registry/management-remains", management), [options.stack]);
    if (remains.length > 0) throw new ManagementSchemaError(refuseDrop(management, remains.map(describeRemains)));
    await database.execute([dropStatement(management)], {
      ...options,
      subject: `dropping management schema ${quote(management)}`,
    });
    database.invalidate();
  });
}

/** Returns the statements of one version, for preview and for running: one transaction. */
function upgradeStatements(version: number, management: string): Statement[] {
  return listUpgradeStatements(version, management).map((sql) => ({
    sql,
    transaction: `management schema ${management} version ${version}`,
    timeouts: "light",
    locks: [],
    hold: "instant",
    hazards: [],
    undo: `DROP SCHEMA ${quote(management)} CASCADE`,
  }));
}

interface Found {
  readonly state: ManagementState;
  readonly exists: boolean;
  readonly mayCreate: boolean;
  readonly role: string;
  readonly database: string;
}

async function describe(database: Database): Promise<Found> {
  const row = (await database.read(query("registry/management"), [database.managementSchema]))[0] ?? {};
  return {
    state: await readState(database, row),
    exists: row["exists"] === true,
    mayCreate: row["may_create"] === true,
    role: String(row["role"]),
    database: String(row["database"]),
  };
}

async function readState(database: Database, row: Readonly<Record<string, unknown>>): Promise<ManagementState> {
  const management = database.managementSchema;
  if (row["exists"] !== true || (row["objects"] === 0 && row["ours"] !== true)) return { kind: "absent" };
  if (row["ours"] !== true)
    return {
      kind: "foreign",
      reason: `it holds ${String(row["objects"])} objects and no version table of pgpartition`,
    };
  try {
    const rows = await database.read(`select max(version) as version from ${quote(management)}.version`);
    return { kind: "ours", version: Number(rows[0]?.["version"] ?? 0) };
  } catch (error) {
    if (getSqlState(error) !== "42501") throw error;
    throw new ManagementSchemaError(mayNotUse(management, String(row["role"])));
  }
}

function dropStatement(management: string): Statement {
  return {
    sql: `DROP SCHEMA ${quote(management)} CASCADE`,
    transaction: `drop management schema ${management}`,
    timeouts: "strong",
    locks: [],
    hold: "instant",
    hazards: ["DELETES_DATA"],
    undo: "none: the ledger is gone",
  };
}

function describeRemains(row: Readonly<Record<string, unknown>>): string {
  const name = `"${String(row["schema"])}"."${String(row["name"])}"`;
  return row["why"] === "registered"
    ? `${name} belongs to stack ${String(row["owner"])}`
    : `${name} still exists and its history is in the ledger`;
}

/** More would fill the screen; the total is added as a count. */
const NAMED = 10;

function refuseDrop(management: string, remains: readonly string[]): string {
  const more = remains.length > NAMED ? ` and ${remains.length - NAMED} more` : "";
  return (
    `management schema ${quote(management)} is still needed: ${remains.slice(0, NAMED).join("; ")}${more}. ` +
    "Destroy or release those tables in their own stacks first, or keep the schema: `pulumi state delete` for this resource leaves it in the database"
  );
}

function mayNotCreate(management: string, role: string, database: string): string {
  return (
    `role "${role}" may not create management schema ${quote(management)}. ` +
    `An administrator has to run: CREATE SCHEMA ${quote(management)} AUTHORIZATION ${quote(role)}; or GRANT CREATE ON DATABASE ${quote(database)} TO ${quote(role)}`
  );
}

function mayNotUse(management: string, role: string): string {
  const schema = quote(management);
  return (
    `role "${role}" may not use management schema ${schema}. An administrator has to run: GRANT USAGE ON SCHEMA ${schema} TO ${quote(role)}; ` +
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${schema}.registry TO ${quote(role)}; GRANT SELECT, INSERT ON ${schema}.ledger, ${schema}.archive_parts TO ${quote(role)}; ` +
    `GRANT SELECT, INSERT, UPDATE ON ${schema}.conversions TO ${quote(role)}; GRANT SELECT, INSERT, UPDATE, DELETE ON ${schema}.prepared, ${schema}.prepared_levels, ${schema}.prepared_parts TO ${quote(role)}; GRANT SELECT ON ${schema}.version TO ${quote(role)}; ` +
    `GRANT EXECUTE ON ALL ROUTINES IN SCHEMA ${schema} TO ${quote(role)}`
  );
}
