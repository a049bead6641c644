import { mapColumns, type LiveColumn } from "../../core/rows/column-mapping";
import type { Manifest } from "../../core/archive/manifest";
import { encodeBranchPath } from "../../core/levels/levels";
import { quote } from "../../core/names/identifier";
import type { LedgerDetail } from "../../core/observed/ledger";
import { buildTextsAroundLoad, buildRestoredTableStatements } from "../../core/partition/create/restored-table";
import type { ParentShape } from "../../core/partition/carry/parent";
import { formatInstant } from "../../core/time/instant";
import { formatInterval } from "../../core/time/interval";
import type { DesiredPartition } from "../../core/window/window-partitions";
import { importRows } from "../../postgres/rows/import-rows";
import { readForcedSecurity, hasTable } from "../../postgres/rows/receiving-table";
import { faultpoint } from "../../postgres/connect/faultpoint";
import { recordLedgerStatement } from "../../postgres/registry/ledger";
import type { WorkContext } from "../../postgres/work/work-context";
import { withArchivedRows } from "./archived-rows";
import { type ArchiveSource, openArchive, explainArchiveFaults } from "../read/open-archive";
import type { ObjectStore } from "../store/store";

/** Archive to be restored as a partition. */
interface PartitionRestore {
  readonly work: WorkContext;
  readonly store: ObjectStore;
  /** Location of its manifest. */
  readonly manifest: string;
  /** Future parent of the partition: the table, or a branch of it. */
  readonly parent: ParentShape;
  /** Columns of the table as they are now. */
  readonly columns: readonly LiveColumn[];
  readonly partition: DesiredPartition;
  /** True if a killed update left the table, without a row. */
  readonly tableExists: boolean;
  /** Detail for `restored` in the ledger: the reason why no program has to name it. */
  readonly pin?: Pick<LedgerDetail, "pinned" | "until">;
}

/**
 * Creates a table from an archive, with everything that its siblings have, and attaches it to nothing. The table is created
 * first, closed and without a row, because a copy of the parent's columns locks the parent; then all rows in one transaction,
 * which ends with the ledger's `restored`. A run killed in between is resumed. The caller holds the restore's own lock, not that
 * of the table: this takes long.
 */
export function restorePartition(job: PartitionRestore): Promise<{ readonly rows: number }> {
  const { manifest: place, store, work } = job;
  const source = { store, place, ledger: work.database, signal: work.signal, log: work.log };
  return explainArchiveFaults(source, "restore", () => restore(job, source));
}

async function restore(job: PartitionRestore, archive: ArchiveSource): Promise<{ readonly rows: number }> {
  const { manifest: place, parent, partition, store, work } = job;
  const { signal, log } = work;
  const relation = { schema: parent.partitionSchema, name: partition.name };
  const subject = `restoring "${place}" as partition "${relation.schema}"."${relation.name}"`;
  const { manifest, folder } = await openArchive(archive);
  const mapping = requireMapping(job, manifest);
  if (!job.tableExists) await makeTable(job, relation, subject);
  const forced = await readForcedSecurity(work.database, relation);
  const around = buildTextsAroundLoad(parent, partition, forced);
  const request = {
    ...relation,
    columns: manifest.columns.map(({ name }) => name),
    ...(mapping.partly
      ? {
          written: {
            columns: mapping.written,
            definitions: manifest.columns.map(({ name, type }) => `${quote(name)} ${type}`),
          },
        }
      : {}),
    create: around.before.map((sql) => ({ sql })),
    rows: manifest.rows,
    finish: [
      ...around.after.map((sql) => ({ sql })),
      record(job, "restored", { manifest: place, rows: manifest.rows, archive: true, ...job.pin }),
    ],
  };
  const source = { store, manifest, folder, name: relation.name, subject, signal, log };
  const rows = await withArchivedRows(source, (texts) =>
    importRows(work.database, request, { signal, subject }, texts),
  );
  await faultpoint(`after rows of ${relation.name}`);
  return { rows };
}

/** Refuses, before anything is created, a mapping that would lose a value or lack a required one. */
function requireMapping(job: PartitionRestore, manifest: Manifest): ReturnType<typeof mapColumns> {
  const { columns, parent, partition } = job;
  const { root } = parent;
  requireRange(job, manifest);
  const mapping = mapColumns(manifest.columns, columns);
  if (mapping.problems.length === 0) return mapping;
  throw new Error(
    `the archive of "${partition.name}" cannot be loaded into "${root.schema}"."${root.table}" as it is now: ${mapping.problems.join("; ")}. ` +
      "Nothing was restored. A table of it loses nothing: " +
      `pgpartition restore ${root.schema}.${root.table} --from ${formatInstant(partition.from)} --to ${formatInstant(partition.to)} --as table`,
  );
}

/** Fails unless ledger and store mean the same rows. */
function requireRange({ manifest: place, partition }: PartitionRestore, manifest: Manifest): void {
  const { from, to } = manifest.bounds;
  if (`${from ?? ".."}/${to ?? ".."}` === formatInterval(partition)) return;
  throw new Error(
    `"${place}" is the archive of ${from ?? ".."}/${to ?? ".."}, not of ${formatInterval(partition)}: nothing was restored`,
  );
}

/**
 * Creates the table with its row of the ledger in the same transaction, so that this stack recognizes it whatever happens next.
 */
async function makeTable(
  job: PartitionRestore,
  relation: { readonly schema: string; readonly name: string },
  subject: string,
): Promise<void> {
  const { parent, partition, work } = job;
  if (await hasTable(work.database, relation))
    throw new Error(
      `${subject}: a table "${relation.schema}"."${relation.name}" exists that is not a partition; nothing was restored. Rename it, or drop it`,
    );
  const statements = buildRestoredTableStatements(parent, partition);
  const transaction = statements[0]?.transaction;
  await work.database.execute(
    [...statements, { ...record(job, "restoring", { manifest: job.manifest }), transaction }],
    { signal: work.signal, log: work.log, subject },
  );
}

function record({ parent, partition, work }: PartitionRestore, event: "restoring" | "restored", detail: LedgerDetail) {
  return recordLedgerStatement(work.management, {
    schema: parent.root.schema,
    table: parent.root.table,
    branch: encodeBranchPath(parent.path),
    partition: partition.name,
    partitionSchema: parent.partitionSchema,
    bounds: { from: partition.from, to: partition.to },
    event,
    run: work.run,
    detail,
  });
}
