import { encodeBranchPath } from "../../core/levels/levels";
import { alignAccess } from "../../core/plan/align/alignment";
import { buildCreationStatements, type WayBack } from "../../core/plan/create/step-statements";
import { applyAttachToObserved } from "../../core/partition/carry/default-shape";
import type { Creation } from "../../core/plan/create/creation";
import type { ParentIndex, ParentShape } from "../../core/partition/carry/parent";
import { buildDetachedShapeStatements } from "../../core/partition/statements/reattach-shape";
import type { Statement } from "../../core/sql/statement";
import type { DetachedTable } from "../../core/observed/ledger";
import type { Observation } from "../../core/observed/observed-table";
import { readAwayShape } from "../read/detached-shape";
import { readCarried } from "../read/detached-shape";
import { recordLedgerStatement } from "../registry/ledger";
import { createNextToDefault, recordNewDefault } from "./beside-default";
import type { WorkContext } from "./work-context";

/**
 * Creates one partition, with its row of the ledger in the same transaction. A new one is on disk only after `Database.flush`, so
 * that many share one wait for the disk: it is empty, so a crash before that loses no row, and a commit of a row in it makes the
 * server write the partition first.
 */
export async function createPartition(work: WorkContext, parent: ParentShape, creation: Creation): Promise<void> {
  const wayBack = creation.kind === "attach" ? await readWayBack(work, parent, creation.detached) : undefined;
  const name = creation.kind === "attach" ? creation.detached.name : creation.partition.name;
  const event = creation.kind === "attach" ? "attached" : creation.kind === "create" ? "created" : "adopted";
  const record = recordLedgerStatement(work.management, {
    schema: parent.root.schema,
    table: parent.root.table,
    branch: encodeBranchPath(parent.path),
    partition: creation.kind === "present" ? creation.attached.name : name,
    partitionSchema: chooseSchema(parent, creation),
    bounds: creation.partition,
    event,
    run: work.run,
    detail: {},
  });
  const options = {
    signal: work.signal,
    log: work.log,
    flushedLater: creation.kind === "create",
    subject: `${event === "adopted" ? "adopting" : "creating"} partition "${name}" of "${parent.schema}.${parent.table}"`,
  };
  await createNextToDefault(work, parent, creation, options, (drain) => {
    const known = { management: work.management, ...(wayBack ? { wayBack } : {}), ...drain };
    const statements = buildCreationStatements(parent, creation, known);
    const transaction = statements.at(-1)?.transaction ?? record.transaction;
    const records = [
      ...recordKilledDetach(work, parent, creation),
      record,
      ...recordNewDefault(work, parent, creation),
    ];
    return work.database.execute([...statements, ...records.map((one) => ({ ...one, transaction }))], options);
  });
}

/** Records the end of a detach that a killed run did not record; it precedes the attach. */
function recordKilledDetach(work: WorkContext, parent: ParentShape, creation: Creation): Statement[] {
  if (creation.kind !== "attach" || !creation.detached.unrecorded) return [];
  const { bounds, branch, name, schema } = creation.detached;
  const table = { schema: parent.root.schema, table: parent.root.table };
  const entry = { ...table, branch, partition: name, partitionSchema: schema, bounds, run: work.run, detail: {} };
  return [recordLedgerStatement(work.management, { ...entry, event: "detached" })];
}

/** Returns the observation after one creation, so that the next one of the same turn need not read everything again. */
export function addCreated(parent: ParentShape, observation: Observation, creation: Creation): Observation {
  if (!observation.table || (creation.kind !== "create" && creation.kind !== "attach")) return observation;
  const name = creation.kind === "attach" ? creation.detached.name : creation.partition.name;
  const partition = {
    oid: "",
    schema: chooseSchema(parent, creation),
    name,
    boundsText: "",
    bounds: { from: creation.partition.from, to: creation.partition.to },
    isDefault: false,
    partitioned: false,
    detachPending: false,
    rows: undefined,
    bytes: 0,
    carried: undefined,
  };
  const found = observation.table.defaultPartition;
  const fallback =
    found && parent.fallback && applyAttachToObserved(found, parent.fallback, parent.key, creation.partition);
  return {
    ...observation,
    table: {
      ...observation.table,
      partitions: [...observation.table.partitions, partition],
      ...(fallback ? { defaultPartition: fallback } : {}),
    },
    detached: observation.detached.filter((table) => creation.kind !== "attach" || table.oid !== creation.detached.oid),
  };
}

/** Returns the schema of the partition: an existing one keeps its own, whatever is declared for new ones. */
function chooseSchema(parent: ParentShape, creation: Creation): string {
  if (creation.kind === "present") return creation.attached.schema;
  return creation.kind === "attach" ? creation.detached.schema : parent.partitionSchema;
}

/**
 * Prepares the return of a detached table: its access is aligned before it is a partition again, because it may have been opened
 * meanwhile; so are changes of the parent since.
 */
async function readWayBack(work: WorkContext, parent: ParentShape, away: DetachedTable): Promise<WayBack> {
  const missing = await listMissingIndexes(work, parent, away);
  const carried = await readCarried(work.database, away.oid);
  const closing = carried ? alignAccess(parent, away, carried).statements : [];
  const shaping = buildDetachedShapeStatements(away, await readAwayShape(work.database, parent, away.oid));
  return { missing, before: [...closing, ...shaping] };
}

/** Returns indexes of the parent that a detached table lacks. */
async function listMissingIndexes(work: WorkContext, parent: ParentShape, away: DetachedTable): Promise<ParentIndex[]> {
  const existing = (await work.database.observePartitionIndexes(parent.schema, parent.table, away)).filter(
    (index) => index.partition === away.name && index.schema === away.schema,
  );
  return parent.indexes.filter((index) =>
    index.constraint === undefined
      ? !existing.some(
          (candidate) => candidate.valid && candidate.unique === index.unique && candidate.definition === index.printed,
        )
      : !existing.some((candidate) => candidate.constraint !== undefined && candidate.definition === index.printed),
  );
}
