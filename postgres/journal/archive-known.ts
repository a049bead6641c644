import type { ArchiveStanding } from "../../core/archive/fault-words";
import type { Manifest } from "../../core/archive/manifest";
import type { Database } from "../database";
import { describeManagementSchema, type ManagementState, ManagementSchemaError } from "../management/install";
import { query } from "../queries";
import { sqlState } from "../connect/sqlstate";

/** What the management schema has written down about one archive: by it, and not by what lies beside it, the archive is proved. */
export interface KnownArchive {
  /** Of the manifest's text; undefined: archived by a version of this product that did not write it down. */
  readonly manifestSha256: string | undefined;
  readonly schema: string;
  readonly table: string;
  readonly rows: number;
  /** The run that has proved it. */
  readonly run: string;
  readonly parts: readonly KnownPart[];
  readonly standing: ArchiveStanding;
}

/** A part as it was written down before it was stored. */
type KnownPart = Pick<Manifest["parts"][number], "rows" | "bytes" | "sha256" | "textBytes" | "textSha256"> & {
  /** Below the prefix of the store that it was stored in. */
  readonly key: string;
};

/** Since which version of the management schema there are archives. */
const FIRST_VERSION = 4;

/**
 * What the ledger of this database knows of a manifest; undefined: nothing, or there is no ledger that this role may read. `places` are
 * ways to write where it lies.
 */
export async function readKnownArchive(
  database: Database,
  places: readonly string[],
): Promise<KnownArchive | undefined> {
  const state = await stateOf(database);
  if (state?.kind !== "ours" || state.version < FIRST_VERSION) return undefined;
  const read = database.read(query("archive/archive-known", database.managementSchema), [places]);
  const rows = await read.catch((error: unknown) => {
    if (sqlState(error) === "42501") return [];
    throw error;
  });
  const row = rows[0];
  if (!row) return undefined;
  const droppedAt = row["dropped_at"];
  return {
    manifestSha256: row["manifest_sha256"] === null ? undefined : String(row["manifest_sha256"]),
    schema: String(row["schema"]),
    table: String(row["table"]),
    rows: Number(row["rows"]),
    run: String(row["run"]),
    // As the query makes them.
    parts: row["parts"] as readonly KnownPart[],
    standing: {
      partition: String(row["partition"]),
      there: row["there"] === true,
      droppedAt: droppedAt === null ? undefined : String(droppedAt),
    },
  };
}

/** Undefined: the role may not look. Who restores need not be who archives. */
async function stateOf(database: Database): Promise<ManagementState | undefined> {
  try {
    return await describeManagementSchema(database);
  } catch (error) {
    if (error instanceof ManagementSchemaError) return undefined;
    throw error;
  }
}
