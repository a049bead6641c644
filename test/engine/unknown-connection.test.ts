// A connection that only the update knows: a plan from the program alone, said first; the update asks the database.
import { expect, test } from "vitest";
import { withDatabase } from "../support/database";
import { componentsFile } from "../support/harness/packed";
import { eventsTable } from "../support/harness/fixture";
import { withEngine } from "./support";

const database = withDatabase();
const engine = withEngine(database);

/** The port is an output of a resource that the same update creates. */
const before = `
const { Provider, ManagementSchema } = require(${JSON.stringify(componentsFile)});
const first = new Provider("first", { password, ...connection });
const made = new ManagementSchema("made", { schema: "pgpartition" }, { provider: first });
args.connection.port = made.database.apply(() => connection.port);
`;

test("preview shows the plan of the program with a warning, and up creates the table", async () => {
  await database.query("create schema app");
  engine.declare({ tables: { events: eventsTable() }, asOf: "2025-03-10T00:00:00Z", before });
  const { stdout } = await engine.pulumi(["preview"]);
  expect(stdout).toContain(
    "the connection is known only when the update runs, so this plan was made without the database",
  );
  expect(stdout).toMatch(/Partition db-events-2025-03-01_2025-04-01 +create/);
  expect(await database.query("select from pg_class where relname = 'events'")).toEqual([]);
  await engine.pulumi(["up", "--yes", "--skip-preview"]);
  expect((await database.query("select from pg_inherits")).length).toBeGreaterThan(2);
  const later = await engine.pulumi(["preview", "--expect-no-changes"]);
  expect(later.stdout).not.toContain("without the database");
});
