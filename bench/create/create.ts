// Creating partitions with indexes, compared with the plain PARTITION OF script in one session.
import type { Bench } from "../bench";
import { type Comparison, compare, ratioRow, roundsOf, timed } from "../support/measure";
import { partitionedProject } from "../support/project";
import { type BenchServer, startBenchServer } from "../support/server";
import { statementsDuring, totalMs } from "../support/statement-log";
import { agentLogs, databaseArgs } from "../support/tables";
import { createByExecutor } from "./executor";
import { hasPsql, runByPsql, runScript, SCRIPT } from "./script";

const LIMIT = 1.5;
const OURS = "pulumi-pgpartition";

interface Job {
  readonly server: BenchServer;
  readonly partitions: number;
  readonly rounds: number;
  readonly signal: AbortSignal;
}

export const create: Bench = async ({ quick, signal, say }) => {
  const server = await startBenchServer();
  const job: Job = { server, partitions: quick ? 2 : 36, rounds: quick ? 1 : 9, signal };
  const what = `${String(job.partitions)} partitions x 4 indexes / PARTITION OF script`;
  try {
    say(`one session: ${String(job.rounds)} rounds of both`);
    const executor = ratioRow(`wall time in one session, ${what}`, await byExecutor(job));
    if (quick) return [executor];
    say(`pulumi up: ${String(job.rounds)} rounds of both`);
    // The goal is defined for psql; without it the script in a session is used, which has no start-up cost.
    const psql = hasPsql();
    const inSession = ratioRow(
      `server time of the whole up, ${what}`,
      await byUp(job, false),
      psql ? undefined : LIMIT,
    );
    if (!psql) return [executor, inSession];
    return [
      executor,
      inSession,
      ratioRow("server time of the whole up / psql with that script", await byUp(job, true), LIMIT),
    ];
  } finally {
    await server.stop();
  }
};

/** Runs both sides with a connection, each on a fresh copy of the same database. */
async function byExecutor({ server, partitions, rounds, signal }: Job): Promise<Comparison> {
  const { ours: base } = await prepare(server, signal);
  const wall = (body: typeof runScript) => async () => {
    const copy = await server.createDatabase(base);
    return timed(() => body(copy, partitions));
  };
  // The first run of each warms the caches of both sides and of this process.
  await wall(createByExecutor)();
  await wall(runScript)();
  return compare(rounds, wall(createByExecutor), wall(runScript));
}

/** Measures everything that the plugin's sessions ran during the update, reads and bookkeeping included, by the server's log. */
async function byUp({ server, partitions, rounds, signal }: Job, psql: boolean): Promise<Comparison> {
  const round = roundsOf(async () => {
    const { ours, project } = await prepare(server, signal);
    return { ours, project, copy: await server.createDatabase(ours) };
  });
  return compare(
    rounds,
    async () => {
      const { ours, project } = await round();
      project.declare(databaseArgs(ours, { agent_logs: agentLogs(partitions + 1) }));
      return totalMs(await statementsDuring(server, ours, OURS, () => project.up()));
    },
    async () => {
      const { copy } = await round();
      if (psql) return timed(() => runByPsql(copy, partitions));
      return totalMs(await statementsDuring(server, copy, SCRIPT, () => runScript(copy, partitions)));
    },
  );
}

async function prepare(server: BenchServer, signal: AbortSignal) {
  const ours = await server.createDatabase();
  const project = await partitionedProject(databaseArgs(ours, { agent_logs: agentLogs(1) }), signal);
  await project.up();
  return { ours, project };
}
