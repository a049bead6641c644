// `pulumi import --file` with what `pgpartition adopt` prints: as the page on adoption says, from an empty stack.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { onDatabase } from "../cli/support";
import { withDatabase } from "../support/database";
import { withEngine } from "./support";

const database = withDatabase();
const engine = withEngine(database);

test("imports the table, its partitions and indexes, and ends well", async () => {
  await database.query(`create table public.events (id bigint not null, at timestamptz not null, primary key (id, at)) partition by range (at);
    create table public.events_p2025_02 partition of public.events for values from ('2025-02-01 00:00+00') to ('2025-03-01 00:00+00');
    create table public.events_p2025_03 partition of public.events for values from ('2025-03-01 00:00+00') to ('2025-04-01 00:00+00')`);
  const adopted = await onDatabase(database, "adopt", "public.events", "--columns");
  expect(adopted.code, adopted.stderr).toBe(0);
  const [, file = ""] = /\/\/ events\.import\.json\n([\s\S]*?)\n(?:\/\/ events\.|$)/.exec(adopted.stdout) ?? [];
  const path = join(engine.project.folder, "events.import.json");
  writeFileSync(path, file);
  engine.declare({ tables: {}, asOf: "2025-03-10T00:00:00Z", before: "args = undefined;" });
  const { host, port, user, password } = database;
  const env = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: database.database };
  // The code that the CLI would generate is what adopt has printed; for a component the CLI fails to.
  const command = ["import", "--file", path, "--generate-code=false", "--yes"];
  const { stdout } = await engine.pulumi(command, { env });
  expect(stdout).toMatch(/= 4 imported/);
  expect(stdout).not.toMatch(/warning|error/);
  const types = ((await engine.state()).deployment.resources ?? []).map(({ type }) => type.split(":").at(-1));
  expect(types.filter((type) => ["Table", "Partition", "PartitionedTable"].includes(type ?? "")).sort()).toEqual([
    "Partition",
    "Partition",
    "PartitionedTable",
    "Table",
  ]);
});
