// A no-change `up` with many partitions as resources, compared with the same engine and language host with as many components.
import type { Bench } from "./bench";
import { compare, ratioRow, timed } from "./support/measure";
import { partitionedProject, trivialProject } from "./support/project";
import { startBenchServer } from "./support/server";
import { dailyEvents, databaseArgs } from "./support/tables";

const LIMIT = 1.5;

export const noop: Bench = async ({ quick, signal, say }) => {
  const partitions = quick ? 5 : 500;
  const rounds = quick ? 1 : 7;
  const server = await startBenchServer();
  try {
    const database = await server.createDatabase();
    const ours = await partitionedProject(databaseArgs(database, { events: dailyEvents(partitions) }), signal);
    const trivial = await trivialProject(partitions, signal);
    say(`first up of ${String(partitions)} partitions, and of as many components`);
    await ours.up();
    await trivial.up();
    say(`${String(rounds)} rounds of both`);
    const same = (project: typeof ours) => () => timed(() => project.up("--expect-no-changes"));
    const result = await compare(rounds, same(ours), same(trivial));
    return [ratioRow(`no-op up, ${String(partitions)} partitions / trivial components`, result, LIMIT)];
  } finally {
    await server.stop();
  }
};
