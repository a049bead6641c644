// `app.events` with expired partitions that go into an archive in a directory: what the tests of archives start from.
import { expect } from "vitest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { type TestDatabase, withDatabase } from "../database";
import { type ArchiveFolder, withArchiveFolder } from "./archive-folder";
import type { Program } from "./declare";
import type { Deployment } from "./deployment";
import { program } from "./fixture";
import { up } from "./rounds";
import { withDeployment } from "./with-deployment";

interface ArchivedTable {
  readonly database: TestDatabase;
  readonly deployment: Deployment;
  readonly folder: ArchiveFolder;
  /** The program of a day; what has expired is archived, and dropped in the same update where no grace is declared. */
  readonly declared: (asOf: string, changes?: Partial<TableSpecArgs>) => Program;
  /** `up` that has to succeed; what it reported. */
  readonly succeeded: (asOf: string, changes?: Partial<TableSpecArgs>) => Promise<string>;
  /** How many rows the table of February has, attached or not; undefined: it was dropped. */
  readonly rowsOfFebruary: () => Promise<number | undefined>;
}

/** Call it at the top of a describe block: database, deployment and folder are as new before each test. */
export function withArchivedTable(version?: TestDatabase["version"]): ArchivedTable {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const folder = withArchiveFolder();
  const declared: ArchivedTable["declared"] = (asOf, changes) => program(asOf, folder.declared(changes));
  return {
    database,
    deployment,
    folder,
    declared,
    succeeded: async (asOf, changes) => {
      const run = await up(database, deployment, declared(asOf, changes));
      expect(run.error).toBeUndefined();
      return run.messages.join("\n");
    },
    rowsOfFebruary: async () => {
      const found = await database.query("select from pg_class where relname = 'events_p2025_02'");
      if (found.length === 0) return undefined;
      return (await database.query<{ n: number }>("select count(*)::int as n from app.events_p2025_02"))[0]?.n;
    },
  };
}
