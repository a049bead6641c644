// Statements that a no-change `up` and `refresh` send for one table, counted by the server.
import type { Bench } from "./bench";
import type { Row } from "./report";
import { partitionedProject, type Project } from "./support/project";
import { type BenchDatabase, type BenchServer, startBenchServer } from "./support/server";
import { type Logged, statementsDuring } from "./support/statement-log";
import { dailyEvents, databaseArgs } from "./support/tables";

const LIMIT = 4;
const OURS = "pulumi-pgpartition";

export const statements: Bench = async ({ quick, signal, say }) => {
  const server = await startBenchServer();
  try {
    const rows: Row[] = [];
    for (const partitions of quick ? [3] : [16, 500]) {
      say(`${String(partitions)} partitions`);
      const database = await server.createDatabase();
      const project = await partitionedProject(databaseArgs(database, tables(partitions)), signal);
      await project.up();
      rows.push(...(await measure(server, database, project, partitions)));
    }
    return rows;
  } finally {
    await server.stop();
  }
};

/** The resource of the index is read too. */
function tables(partitions: number) {
  return { events: dailyEvents(partitions, { indexes: { by_note: { columns: ["note"] } } }) };
}

async function measure(
  server: BenchServer,
  database: BenchDatabase,
  project: Project,
  partitions: number,
): Promise<Row[]> {
  const up = await statementsDuring(server, database, OURS, () => project.up("--expect-no-changes"));
  const refresh = await statementsDuring(server, database, OURS, () =>
    project.run("refresh", "--yes", "--skip-preview", "--suppress-progress", "--expect-no-changes"),
  );
  return [row("up", partitions, up), row("refresh", partitions, refresh)];
}

function row(operation: string, partitions: number, all: readonly Logged[]): Row {
  const sent = all.filter((one) => !isOfManagementSchema(one));
  return {
    what: `statements of a no-change ${operation}, ${String(partitions)} partitions`,
    ours: { value: sent.length, unit: "statements" },
    limit: { of: "ours", most: LIMIT },
    note: `${String(all.length - sent.length)} more for the management schema, once for a database; these: ${sent.map(gist).join(" | ")}`,
  };
}

/** True for statements that are sent once for a database, however many parents (queries/management.sql, postgres/management/). */
function isOfManagementSchema({ sql }: Logged): boolean {
  return sql.startsWith("-- One row, always: what there is under the name $1") || sql.includes('"pgpartition".version');
}

function gist({ sql }: Logged): string {
  return sql.replace(/\s+/g, " ").trim().slice(0, 50);
}
