// Three levels, program, site and month: the update that creates them all, compared with the same statements in one session.
import type { TableSpecArgs } from "../core/declare/table/args";
import { encodeBranchPath } from "../core/levels/levels";
import { createBranchSteps } from "../core/partition/branch/branch-steps";
import { planCreations } from "../core/plan/create/creations";
import { requireTableSpec } from "../core/declare/table/parse";
import { buildPlannedParent } from "../core/partition/carry/parent";
import type { Statement } from "../core/sql/statement";
import { parseInstant } from "../core/time/instant";
import { planWindow } from "../core/window/window-partitions";
import { recordLedgerStatement } from "../postgres/registry/ledger";
import type { Bench } from "./bench";
import { compare, ratioRow, roundsOf, timed } from "./support/measure";
import { partitionedProject } from "./support/project";
import { replay } from "./support/replay";
import { type BenchServer, startBenchServer } from "./support/server";
import { AS_OF, databaseArgs } from "./support/tables";

/** Declares Petri observations with so many programs and sites in each, sixteen months. */
function observations(programs: number, sites: number): TableSpecArgs {
  const values = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${prefix}${String(index)}`);
  return {
    table: "petri_obs",
    columns: { id: "bigint", program_id: "text", site_id: "text", created_at: "timestamptz", growth: "int" },
    primaryKey: ["id", "program_id", "site_id", "created_at"],
    partitionBy: [
      { list: "program_id", values: values("p", programs) },
      { list: "site_id", values: values("s", sites) },
      { range: "created_at", every: "month", name: "{base}_{yyyy}_{mm}" },
    ],
    window: { lead: "3 months", retention: "12 months" },
    onExpire: "detach",
  };
}

export const levels: Bench = async ({ quick, signal, say }) => {
  const [programs, sites] = quick ? [1, 2] : [20, 50];
  const server = await startBenchServer();
  try {
    say(`${String(programs)} programs x ${String(sites)} sites x 16 months, one round`);
    const wanted = observations(programs, sites);
    const rounded = roundsOf(() => prepare(server, signal));
    const result = await compare(
      1,
      async () => {
        const { ours, project } = await rounded();
        project.declare(databaseArgs(ours, { petri: wanted }));
        return timed(() => project.up());
      },
      async () => replay((await rounded()).copy, statementsOf(wanted)),
    );
    return [
      ratioRow(`up of ${String(programs)} x ${String(sites)} x 16 partitions in three levels / its SQL alone`, result),
    ];
  } finally {
    await server.stop();
  }
};

async function prepare(server: BenchServer, signal: AbortSignal) {
  const ours = await server.createDatabase();
  const project = await partitionedProject(databaseArgs(ours, { petri: observations(1, 1) }), signal);
  await project.up();
  return { ours, project, copy: await server.createDatabase(ours) };
}

/** Returns the statements of the update without reads and time-outs, and without the few branches that already exist. */
function statementsOf(args: TableSpecArgs): Statement[] {
  const spec = requireTableSpec(args, "bench");
  const parent = buildPlannedParent(spec, { levels: spec.window.levels });
  const now = parseInstant(AS_OF, "UTC");
  const nothing = { registration: undefined, ledger: [], detached: [], defaultGrantees: [], obstacles: [] };
  const observation = { ...nothing, table: undefined, now } as unknown as Parameters<typeof planCreations>[2];
  const planned = planCreations(spec.window, planWindow(spec.window, now), observation, [], now);
  const missing = planned.branches.filter(({ branch }) => branch.path[0] !== "p0");
  return missing.flatMap(({ branch, parent: above }) =>
    createBranchSteps(parent, above, branch).flatMap((step) => {
      const transaction = step.statements.at(-1)?.transaction;
      const records = step.made.map(({ name, path, partition }) => ({
        ...recordLedgerStatement("pgpartition", {
          schema: spec.schema,
          table: spec.table,
          partition: name,
          branch: encodeBranchPath(path),
          bounds: partition ?? { from: undefined, to: undefined },
          event: "created",
          run: "bench",
          detail: {},
        }),
        transaction,
      }));
      return [...step.statements, ...records];
    }),
  );
}
