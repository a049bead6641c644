// A PartitionedTable without a PartitionedDatabase: it says what it needs, and prints its own plan.
import { expect, test } from "vitest";
import { withDatabase } from "../support/database";
import { componentsFile } from "../support/harness/packed";
import { eventsTable } from "../support/harness/fixture";
import { withEngine } from "./support";

const database = withDatabase();
const engine = withEngine(database);

const program = (management: boolean): string => `
const { ManagementSchema, PartitionedTable, Provider } = require(${JSON.stringify(componentsFile)});
const provider = new Provider("alone", { password, ...connection, trustAsOf: true, asOf });
const schema = ${management ? 'new ManagementSchema("management", { schema: "pgpartition" }, { provider })' : "undefined"};
new PartitionedTable("events", { ...tables.events, asOf }, { provider, dependsOn: schema ? [schema] : [] });
args = undefined;
`;
const declare = (management: boolean): void =>
  engine.declare({ tables: { events: eventsTable() }, asOf: "2025-03-10T00:00:00Z", before: program(management) });

test("preview refuses a table without a management schema, and says how to declare one", async () => {
  await database.query("create schema app");
  declare(false);
  const { stdout } = await engine.refused(["preview"]);
  expect(stdout).toContain(
    '"app.events" needs the management schema "pgpartition", which does not exist and is not declared before it. Add new ManagementSchema(',
  );
});

test("with one the plan is printed once, and the next preview has nothing", async () => {
  declare(true);
  const { stdout } = await engine.pulumi(["preview"]);
  expect(stdout).toMatch(/pulumi:pulumi:Stack \(\S+\):\n +app\.events: 3 to create; /);
  expect(stdout).not.toMatch(/^ {2}pgpartition:index:PartitionWindow \(/m);
  await engine.pulumi(["up", "--yes", "--skip-preview"]);
  await engine.pulumi(["preview", "--expect-no-changes"]);
});

test("a destroy that is refused says what the table holds, and where allowDestroy goes", async () => {
  const empty = await engine.refused(["destroy", "--yes", "--skip-preview"]);
  expect(empty.stdout).toMatch(
    /table "app\.events" is not destroyed: it holds no rows in 3 partitions\. .* set allowDestroy: \["app\.events"\], an argument of PartitionedDatabase and of the Provider, and run/,
  );
  await database.query(
    "insert into app.events select n, '2025-03-05' from generate_series(1, 500) n; analyze app.events",
  );
  const full = await engine.refused(["destroy", "--yes", "--skip-preview"]);
  expect(full.stdout).toMatch(/is not destroyed: it holds ~\d+ rows .*\(\d+ kB\) in 3 partitions/);
});
