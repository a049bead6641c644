import type { Creation } from "../../core/plan/creation";
import { createPartitionStatements } from "../../core/statements/create-partition";
import type { ParentIndex, ParentShape } from "../../core/statements/parent";
import { reattachStatements } from "../../core/statements/reattach";
import type { Statement } from "../../core/statements/statement";
import type { Observation } from "../../core/observed";
import { ledgerStatement } from "../registry";
import type { WorkContext } from "./context";

/** The statements that make or bring back one partition; preview shows these. Empty: it is there. */
export function statementsOfCreation(
  parent: ParentShape,
  creation: Creation,
  missing: readonly ParentIndex[] = [],
): Statement[] {
  switch (creation.kind) {
    case "present":
    case "refuse":
      return [];
    case "create":
      return createPartitionStatements(parent, creation.partition);
    case "attach":
      return reattachStatements(parent, { ...creation.partition, name: creation.detached.name }, missing);
  }
}

/** Makes one partition, with its row of the ledger in the same transaction. */
export async function createPartition(work: WorkContext, parent: ParentShape, creation: Creation): Promise<void> {
  const missing = creation.kind === "attach" ? await missingIndexes(work, parent, creation.detached.name) : [];
  const statements = statementsOfCreation(parent, creation, missing);
  const last = statements.at(-1);
  const name = creation.kind === "attach" ? creation.detached.name : creation.partition.name;
  const event = creation.kind === "attach" ? "attached" : creation.kind === "create" ? "created" : "adopted";
  const record = ledgerStatement(work.management, {
    schema: parent.schema,
    table: parent.table,
    partition: creation.kind === "present" ? creation.leaf.name : name,
    bounds: creation.partition,
    event,
    run: work.run,
    detail: {},
  });
  await work.database.execute([...statements, { ...record, transaction: last?.transaction ?? record.transaction }], {
    signal: work.signal,
    log: work.log,
    subject: `${event === "adopted" ? "adopting" : "creating"} partition "${name}" of "${parent.schema}.${parent.table}"`,
  });
}

/** The observation as it is after one creation, so that the next one of the same turn need not read everything again. */
export function withCreated(observation: Observation, creation: Creation): Observation {
  if (!observation.table || creation.kind === "present" || creation.kind === "refuse") return observation;
  const name = creation.kind === "attach" ? creation.detached.name : creation.partition.name;
  const leaf = {
    oid: "",
    schema: observation.table.schema,
    name,
    boundsText: "",
    bounds: { from: creation.partition.from, to: creation.partition.to },
    isDefault: false,
    partitioned: false,
    detachPending: false,
    rows: undefined,
    bytes: 0,
  };
  return {
    ...observation,
    table: { ...observation.table, leaves: [...observation.table.leaves, leaf] },
    detached: observation.detached.filter((table) => creation.kind !== "attach" || table.oid !== creation.detached.oid),
  };
}

/** Indexes of the parent that a table which was away does not have. */
async function missingIndexes(work: WorkContext, parent: ParentShape, leaf: string): Promise<ParentIndex[]> {
  const existing = (await work.database.observeLeafIndexes(parent.schema, parent.table, undefined, leaf)).filter(
    (index) => index.leaf === leaf,
  );
  return parent.indexes.filter((index) =>
    index.constraint === undefined
      ? !existing.some(
          (candidate) => candidate.valid && candidate.unique === index.unique && candidate.definition === index.printed,
        )
      : !existing.some((candidate) => candidate.constraint !== undefined && candidate.definition === index.printed),
  );
}
