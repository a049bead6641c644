import type { ArchiveStanding } from "../../core/archive/fault-words";
import type { Manifest } from "../../core/archive/manifest";
import type { Database } from "../database";
import { describeManagementSchema, type ManagementState, ManagementSchemaError } from "../management/install";
import { query } from "../queries";
import { getSqlState } from "../connect/sqlstate";

/** Records of the management schema about one archive: they prove it, not what is stored next to it. */
export interface KnownArchive {
  /** SHA-256 of the manifest's text; undefined: archived by a version of this product that did not record it. */
  readonly manifestSha256: string | undefined;
  readonly schema: string;
  readonly table: string;
  readonly rows: number;
  /** Run that has proved it. */
  readonly run: string;
  readonly parts: readonly KnownPart[];
  readonly standing: ArchiveStanding;
}

/** Part as recorded before it was stored. */
type KnownPart = Pick<Manifest["parts"][number], "rows" | "bytes" | "sha256" | "textBytes" | "textSha256"> & {
  /** Key below the prefix of its store. */
  readonly key: string;
};

/** First version of the management schema with archives. */
const FIRST_VERSION = 4;

/**
 * Returns what the ledger of this database has recorded about a manifest; undefined: nothing, or there is no ledger that this
 * role may read. `places` are spellings of its location.
 */
export async function readKnownArchive(
  database: Database,
  places: readonly string[],
): Promise<KnownArchive | undefined> {
  const state = await readState(database);
  if (state?.kind !== "ours" || state.version < FIRST_VERSION) return undefined;
  const read = database.read(query("archive/archive-known", database.managementSchema), [places]);
  const rows = await read.catch((error: unknown) => {
    if (getSqlState(error) === "42501") return [];
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
    // As the query builds them.
    parts: row["parts"] as readonly KnownPart[],
    standing: {
      partition: String(row["partition"]),
      there: row["there"] === true,
      droppedAt: droppedAt === null ? undefined : String(droppedAt),
    },
  };
}

/**
 * Returns the state of the management schema; undefined: the role may not read it. The role that restores need not be the one
 * that archives.
 */
async function readState(database: Database): Promise<ManagementState | undefined> {
  try {
    return await describeManagementSchema(database);
  } catch (error) {
    if (error instanceof ManagementSchemaError) return undefined;
    throw error;
  }
}
