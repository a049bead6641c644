import { branchKey } from "../../../core/levels/levels";
import type { Observation, ObservedLeaf } from "../../../core/observed/observed-table";
import { decidingHorizon, decidingNow } from "../../../core/window/clocks";
import type { TableChanges } from "../../../core/plan/table-plan";
import type { Statement } from "../../../core/sql/statement";
import { formatInstant } from "../../../core/time/instant";
import { sameInterval } from "../../../core/time/interval";
import { hasExpired } from "../../../core/window/window-partitions";
import { windowToWire } from "../../../core/window/wire";
import { renewPrepared } from "../../../postgres/work/renew-prepared";
import {
  ledgerStatement,
  recordProfileStatement,
  recordWindowStatement,
  registerTableStatement,
} from "../../../postgres/registry/registry";
import { recordNewIndex } from "../../../postgres/work/build-index";
import type { WorkContext } from "../../../postgres/work/work-context";
import type { Runtime } from "../../runtime/runtime";
import { unrecordedIndexes } from "../shared/declared-indexes";
import type { WindowInputs } from "./window-inputs";

/** Records, before anything else, the window that is now the rule, the confirmations, and partitions created by others. */
export async function recordDecision(
  work: WorkContext,
  runtime: Runtime,
  inputs: WindowInputs,
  owner: string,
  observation: Observation,
  planned: Pick<TableChanges, "leaves" | "defaultPartition">,
): Promise<void> {
  const { spec } = inputs;
  const transaction = `record ${spec.schema}.${spec.table}`;
  const clocks = runtime.clocks(inputs.asOf, observation);
  const horizon = decidingHorizon(spec, clocks);
  const { leaves } = planned;
  const entry = { schema: spec.schema, table: spec.table, run: work.run, effectiveAt: decidingNow(clocks) };
  const known = new Set(observation.ledger.map((one) => one.oid));
  const ours = (leaf: ObservedLeaf) =>
    leaf.bounds !== undefined || (leaf.isDefault && planned.defaultPartition?.declared);
  const adopted = leaves.filter((leaf) => ours(leaf) && !known.has(leaf.oid));
  const approved = leaves.filter(
    (leaf) =>
      spec.confirmDrops.some((interval) => leaf.bounds !== undefined && sameInterval(interval, leaf.bounds)) &&
      !observation.ledger.some(
        (one) => one.event === "approved" && leaf.bounds !== undefined && sameInterval(one.bounds, leaf.bounds),
      ),
  );
  const record = (leaf: ObservedLeaf, event: "adopted" | "approved") => ({
    ...ledgerStatement(work.management, {
      ...entry,
      partition: leaf.name,
      partitionSchema: leaf.schema,
      branch: branchKey(leaf.parent?.path ?? []),
      bounds: leaf.bounds ?? { from: undefined, to: undefined },
      event,
      detail: event === "adopted" && hasExpired(leaf.bounds?.to, horizon) ? { expiredAtAdoption: true } : {},
    }),
    transaction,
  });
  await work.database.execute(
    [
      ...registrationOfImported(work, runtime, inputs, owner, observation).map((one) => ({ ...one, transaction })),
      {
        ...recordWindowStatement(work.management, {
          schema: spec.schema,
          table: spec.table,
          window: { ...windowToWire(spec), asOf: formatInstant(inputs.asOf) },
        }),
        transaction,
      },
      ...adopted.map((leaf) => record(leaf, "adopted")),
      ...approved.map((leaf) => record(leaf, "approved")),
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
function registrationOfImported(
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
        recordProfileStatement(work.management, { ...name, profile: runtime.profileOf(spec) ?? {} }),
      ];
  const indexes = unrecordedIndexes(runtime, spec, observation);
  return [...entered, ...indexes.map((index) => recordNewIndex(work, name, index.spec, undefined))];
}
