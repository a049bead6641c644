// The provider's own work without engine and plugin: lock, read, decide, execute.
import type { Observation } from "../../core/observed/observed-table";
import { planCreation } from "../../core/plan/create/creation";
import { requireTableSpec } from "../../core/declare/table/parse";
import { buildObservedParent } from "../../core/partition/carry/parent";
import { parseInstant } from "../../core/time/instant";
import { planWindow } from "../../core/window/window-partitions";
import { Database } from "../../postgres/database";
import type { WorkContext } from "../../postgres/work/work-context";
import { createPartition, addCreated } from "../../postgres/work/create-partition";
import type { BenchDatabase } from "../support/server";
import { agentLogs, AS_OF } from "../support/tables";

const spec = (partitions: number) => requireTableSpec(agentLogs(partitions + 1), "bench");
const ignore = (): void => undefined;

/** Does the work of the Partition resources of one update, in the order in which the engine requests them. */
export async function createByExecutor({ url }: BenchDatabase, partitions: number): Promise<void> {
  const config = {
    url,
    sslMode: "disable" as const,
    applicationName: "pulumi-pgpartition",
    managementSchema: "pgpartition",
  };
  const database = new Database(config, {});
  const log = { status: ignore, info: ignore, warn: ignore, debug: ignore };
  const work: WorkContext = {
    database,
    management: "pgpartition",
    run: "bench",
    signal: new AbortController().signal,
    log,
  };
  const { schema, table } = spec(partitions);
  try {
    await database.withTableLock(schema, table, work, async () => {
      await createAll(work, partitions);
      await database.flush({ schema, table }, work);
    });
  } finally {
    await database.close();
  }
}

async function createAll(work: WorkContext, partitions: number): Promise<void> {
  const { schema, table, window } = spec(partitions);
  let observation: Observation = await work.database.observe(schema, table, window.key);
  for (const partition of planWindow(window, parseInstant(AS_OF, "UTC")).desired) {
    const creation = planCreation({ allowEmpty: [], restored: [] }, partition, observation);
    if (creation.kind === "present") continue;
    if (observation.table === undefined || creation.kind === "refuse")
      throw new Error("the bench's own table is not as it should be");
    const parent = buildObservedParent(observation.table, window.key, observation);
    await createPartition(work, parent, creation);
    observation = addCreated(parent, observation, creation);
  }
}
