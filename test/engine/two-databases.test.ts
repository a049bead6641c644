// Two databases of one program with the same keys: their resources have names of their own.
import { expect, test } from "vitest";
import { withDatabase } from "../support/database";
import { eventsTable } from "../support/harness/fixture";
import { withEngine } from "./support";

const database = withDatabase();
const engine = withEngine(database);

const before = `
new PartitionedDatabase("other", { ...args, tables: { events: { ...args.tables.events, schema: "other" } } });
`;

test("are created, and nothing is left to do", async () => {
  await database.query("create schema app; create schema other");
  engine.declare({ tables: { events: eventsTable() }, asOf: "2025-03-10T00:00:00Z", before });
  await engine.pulumi(["up", "--yes", "--skip-preview"]);
  expect(
    await database.query(
      "select relnamespace::regnamespace::text as schema from pg_class where relname = 'events' order by 1",
    ),
  ).toEqual([{ schema: "app" }, { schema: "other" }]);
  const names = ((await engine.state()).deployment.resources ?? []).map(({ urn }) => urn.split("::").at(-1));
  expect(names).toEqual(expect.arrayContaining(["db-events-window", "other-events-window"]));
  await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
});
