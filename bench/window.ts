// `resources: "window"` with thousands of partitions: the update that creates them, against the same statements in one session.
import type { TableSpecArgs } from "../core/declare/table/args";
import { requireTableSpec } from "../core/declare/table/parse";
import type { TableSpec } from "../core/declare/table/spec";
import { createPartitionStatements } from "../core/partition/create/partition-statements";
import { buildPlannedParent } from "../core/partition/carry/parent";
import type { Statement } from "../core/sql/statement";
import { parseInstant } from "../core/time/instant";
import { type DesiredPartition, planWindow } from "../core/window/window-partitions";
import { recordLedgerStatement } from "../postgres/registry/ledger";
import type { Bench } from "./bench";
import { compare, ratioRow, roundsOf, timed } from "./support/measure";
import { partitionedProject } from "./support/project";
import { replay } from "./support/replay";
import { type BenchServer, startBenchServer } from "./support/server";
import { AS_OF, dailyEvents, databaseArgs } from "./support/tables";

const LIMIT = 3;

/** Partitions before the update: yesterday, today, tomorrow. */
const few = dailyEvents(3, { resources: "window" });

export const window: Bench = async ({ quick, signal, say }) => {
  const partitions = quick ? 10 : 2_000;
  const rounds = quick ? 1 : 3;
  const server = await startBenchServer();
  try {
    say(`${String(rounds)} rounds of ${String(partitions)} partitions`);
    const rounded = roundsOf(() => prepare(server, signal));
    const wanted = dailyEvents(partitions, { resources: "window" });
    const result = await compare(
      rounds,
      async () => {
        const { ours, project } = await rounded();
        project.declare(databaseArgs(ours, { events: wanted }));
        return timed(() => project.up());
      },
      async () => replay((await rounded()).copy, statementsOf(wanted)),
    );
    return [ratioRow(`up with resources: "window", ${String(partitions)} partitions / its SQL alone`, result, LIMIT)];
  } finally {
    await server.stop();
  }
};

async function prepare(server: BenchServer, signal: AbortSignal) {
  const ours = await server.createDatabase();
  const project = await partitionedProject(databaseArgs(ours, { events: few }), signal);
  await project.up();
  return { ours, project, copy: await server.createDatabase(ours) };
}

/** Returns the statements of the update without reads and time-outs: for each partition its DDL and its row of the ledger. */
function statementsOf(args: TableSpecArgs): Statement[] {
  const spec = requireTableSpec(args, "bench");
  const parent = buildPlannedParent(spec);
  const there = new Set(desired(requireTableSpec(few, "bench")).map(({ name }) => name));
  return desired(spec)
    .filter(({ name }) => !there.has(name))
    .flatMap((partition) => {
      const ddl = createPartitionStatements(parent, partition);
      const entry = { schema: spec.schema, table: spec.table, partition: partition.name, bounds: partition };
      const record = recordLedgerStatement("pgpartition", { ...entry, event: "created", run: "bench", detail: {} });
      return [...ddl, { ...record, transaction: ddl[0]?.transaction }];
    });
}

function desired(spec: TableSpec): readonly DesiredPartition[] {
  return planWindow(spec.window, parseInstant(AS_OF, "UTC")).desired;
}
