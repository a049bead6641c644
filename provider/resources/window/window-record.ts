import { encodeBranchPath } from "../../../core/levels/levels";
import { formatTableId } from "../../../core/names/resource-id";
import type { Observation, ObservedPartition } from "../../../core/observed/observed-table";
import { getDecidingHorizon, getDecidingNow } from "../../../core/window/clocks";
import type { TableChanges } from "../../../core/plan/table-plan";
import type { Statement } from "../../../core/sql/statement";
import { formatInstant } from "../../../core/time/instant";
import { isSameInterval } from "../../../core/time/interval";
import { hasExpired } from "../../../core/window/window-partitions";
import { encodeWindow } from "../../../core/window/wire";
import { renewPrepared } from "../../../postgres/work/renew-prepared";
import { recordLedgerStatement } from "../../../postgres/registry/ledger";
import {
  recordProfileStatement,
  recordWindowStatement,
  registerTableStatement,
} from "../../../postgres/registry/registry";
import { recordNewIndex } from "../../../postgres/work/build-index";
import type { WorkContext } from "../../../postgres/work/work-context";
import type { Runtime } from "../../runtime/runtime";
import { listUnrecordedIndexes } from "../shared/declared-indexes";
import { encodeOutside, readFormerPartitions } from "./registered-window";
import type { WindowInputs } from "./window-inputs";

/** Records, before anything else, the window that is now the rule, the confirmations, and partitions created by others. */
export async function recordDecision(
  work: WorkContext,
  runtime: Runtime,
  inputs: WindowInputs,
  owner: string,
  observation: Observation,
  planned: Pick<TableChanges, "partitions" | "defaultPartition">,
): Promise<void> {
  const { spec } = inputs;
  const transaction = `record ${spec.schema}.${spec.table}`;
  const clocks = runtime.getClocks(inputs.asOf, observation);
  const horizon = getDecidingHorizon(spec, clocks);
  const { partitions } = planned;
  const entry = { schema: spec.schema, table: spec.table, run: work.run, effectiveAt: getDecidingNow(clocks) };
  const known = new Set(observation.ledger.map((one) => one.oid));
  // A program that did not ask declares what it did before.
  const outside = runtime.outside.get(formatTableId(spec)) ?? readFormerPartitions(observation).outside;
  const isManaged = (partition: ObservedPartition) =>
    partition.bounds !== undefined || (partition.isDefault && planned.defaultPartition?.declared);
  const adopted = partitions.filter((partition) => isManaged(partition) && !known.has(partition.oid));
  const approved = partitions.filter(
    (partition) =>
      spec.confirmDrops.some(
        (interval) => partition.bounds !== undefined && isSameInterval(interval, partition.bounds),
      ) &&
      !observation.ledger.some(
        (one) =>
          one.event === "approved" && partition.bounds !== undefined && isSameInterval(one.bounds, partition.bounds),
      ),
  );
  const record = (partition: ObservedPartition, event: "adopted" | "approved") => ({
    ...recordLedgerStatement(work.management, {
      ...entry,
      partition: partition.name,
      partitionSchema: partition.schema,
      branch: encodeBranchPath(partition.parent?.path ?? []),
      bounds: partition.bounds ?? { from: undefined, to: undefined },
      event,
      detail: event === "adopted" && hasExpired(partition.bounds?.to, horizon) ? { expiredAtAdoption: true } : {},
    }),
    transaction,
  });
  await work.database.execute(
    [
      ...buildImportedRegistration(work, runtime, inputs, owner, observation).map((one) => ({ ...one, transaction })),
      {
        ...recordWindowStatement(work.management, {
          schema: spec.schema,
          table: spec.table,
          window: { ...encodeWindow(spec), asOf: formatInstant(inputs.asOf), ...encodeOutside(outside) },
        }),
        transaction,
      },
      ...adopted.map((partition) => record(partition, "adopted")),
      ...approved.map((partition) => record(partition, "approved")),
    ],
    { signal: work.signal, log: work.log, subject: `recording the window of "${spec.schema}.${spec.table}"` },
  );
}

/** Records the statements for the schedule in the database. */
export async function recordPrepared(
  work: WorkContext,
  { spec }: WindowInputs,
  planned: Pick<TableChanges, "prepared">,
): Promise<void> {
  const statements = renewPrepared(
    work.management,
    spec,
    planned.prepared,
    `record ${spec.schema}.${spec.table} for the schedule`,
  );
  if (statements.length === 0) return;
  const subject = `preparing the schedule of "${spec.schema}.${spec.table}"`;
  await work.database.execute(statements, { signal: work.signal, log: work.log, subject });
}

/**
 * Registers a table and indexes that were imported, which only the state has because nothing was ever changed. The first
 * update of the window does this, so that later partitions are created under the declared names.
 */
function buildImportedRegistration(
  work: WorkContext,
  runtime: Runtime,
  { spec }: WindowInputs,
  owner: string,
  observation: Observation,
): Statement[] {
  const name = { schema: spec.schema, table: spec.table };
  const entered = observation.registration
    ? []
    : [
        registerTableStatement(work.management, { ...name, owner }),
        recordProfileStatement(work.management, { ...name, profile: runtime.getProfile(spec) ?? {} }),
      ];
  const indexes = listUnrecordedIndexes(runtime, spec, observation);
  return [...entered, ...indexes.map((index) => recordNewIndex(work, name, index.spec, undefined))];
}
