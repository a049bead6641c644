// An archive that is the last copy of a partition, or will be: made of February, and read back before each drop.
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { TestDatabase } from "../support/database";
import { withArchivedTable } from "../support/harness/archived-table";

const march = "2025-03-10T00:00:00Z";
export const april = "2025-04-10T00:00:00Z";
export const later = "2025-04-20T00:00:00Z";
export const may = "2025-05-01T00:00:00Z";

export const damagedWords =
  /drop "events_p2025_02".*" is damaged: its SHA-256 is [0-9a-f]{64}, in the \w+ [0-9a-f]{64}/s;

/** Call it at the top of a describe block. */
export function withLastCopy(version: TestDatabase["version"]) {
  const { database, deployment, folder, succeeded, rowsOfFebruary } = withArchivedTable(version);
  return {
    database,
    deployment,
    folder,
    there: rowsOfFebruary,
    declared: (more: object = {}, changes: Partial<TableSpecArgs> = {}): Partial<TableSpecArgs> =>
      folder.declared({
        grace: "7 days",
        ...changes,
        archive: { to: `file://${folder.path}`, verify: "readBack", ...more },
      }),
    /** February is archived; its rows are told apart by their ids. */
    archived: async (changes: Partial<TableSpecArgs>, rows = 1000): Promise<void> => {
      await succeeded(march, changes);
      await database.query(
        "insert into app.events select n, '2025-02-05', repeat(md5(n::text), 20) from generate_series(1, $1::int) n",
        [rows],
      );
      await succeeded(april, changes);
    },
    /** As an archive of a version that did not write the hash of its manifest down. */
    forgetHashes: async (): Promise<void> => {
      await database.query(`alter table pgpartition.ledger disable trigger all;
        update pgpartition.ledger set detail = detail - 'manifestSha256' where event = 'archived';
        alter table pgpartition.ledger enable trigger all`);
    },
  };
}
