import { quote, quoteQualified } from "../../names/identifier";
import { buildNewbornStatements } from "../../partition/carry/newborn-statements";
import { decideNewborn } from "../../partition/statements/new-table";
import { nameBoundsCheck } from "../../partition/statements/attach-partition";
import type { Statement } from "../../sql/statement";
import { quoteTable } from "../attach/attach-source";
import { addReferring, dropReferring } from "../attach/repoint";
import { buildStep, buildSteps } from "../attach/step";
import { addConstraint, assertUnchanged } from "../attach/swap";
import { type CopySource, formatCopyBounds, quoteTarget } from "../copy/copy-source";
import { drain, dropOutgoing, lockTarget, lockWhole, type SwapProof } from "../copy/exchange";
import { refuseOldSnapshots } from "../copy/old-snapshots";
import { listUnproven, referToOthers, refuseWrites } from "../copy/swap-copy";
import { seeWhole, type SplitSource } from "./split-source";

/**
 * Returns the one transaction in which the partitions of the copy take the place of the history: under ACCESS EXCLUSIVE on the table, the
 * last changes are reconciled and proved, the history is detached, and they are attached. No row is read: a CHECK has proved their
 * bounds, and their indexes are there. Foreign keys of both directions are dropped and come back, not validated but enforced,
 * because DETACH would look for rows that refer to the history, and ATTACH for those that the partitions refer to.
 */
export function swapSplitStatements(
  source: SplitSource,
  proof: SwapProof,
  records: readonly Statement[] = [],
): Statement[] {
  const after = seeWhole(source);
  const { table } = after;
  const former = { table, formerName: source.table.name };
  return [
    lockWhole(after),
    lockTarget(source),
    ...proof.fingerprints.map((fingerprint) => assertUnchanged(after, fingerprint)),
    ...drain(source, proof, { phase: "verified", what: "the copy" }),
    ...dropOutgoing(after),
    ...dropReferring(after),
    buildStep(`ALTER TABLE ${quoteTable(after)} DETACH PARTITION ${quoteTable(source)}`),
    ...takePartitions(source),
    ...buildSteps([`DROP TABLE ${quoteTarget(source)}`]),
    ...source.partitions.flatMap((partition) => likeSiblings(source, partition)),
    ...source.partitions.flatMap((partition) => attach(source, partition)),
    ...referToOthers(after),
    ...addReferring(after),
    ...buildSteps([refuseOldSnapshots(quoteTable(after), proof.management)]),
    ...refuseWrites(former, proof.management),
    ...records,
  ].map((statement) => ({
    ...statement,
    transaction: `split ${source.table.schema}.${source.table.name}`,
    timeouts: "strong" as const,
  }));
}

function takePartitions(source: SplitSource): Statement[] {
  return buildSteps(
    source.partitions.map(
      ({ name }) => `ALTER TABLE ${quoteTarget(source)} DETACH PARTITION ${quoteQualified(source.table.schema, name)}`,
    ),
  );
}

/**
 * What PostgreSQL does not hand down, as a new partition gets it: row security and policies, privileges, statistics, settings of columns.
 * Storage it has from the history, and it is filled: to move it would rewrite it.
 */
function likeSiblings(
  { table: { schema }, whole: { parent } }: SplitSource,
  { name, to }: CopySource["partitions"][number],
): Statement[] {
  const wanted = decideNewborn(parent, { name, to, cut: undefined });
  // Those of the table come with LIKE to a new one.
  const extended = wanted.extended ?? parent.carried.state?.unsaid?.extended;
  const there = { storage: undefined, inherited: {}, tablespace: undefined, clusterOn: undefined };
  const relation = { schema, name, role: "partition", fresh: true } as const;
  return buildNewbornStatements(
    relation,
    "",
    { ...wanted, ...there, extended, replicaIdentity: undefined },
    { grantees: [], grants: [] },
  );
}

/** Checks that the rows may contradict come first: ATTACH asks for every check of the table, and reads no row for them. */
function attach(source: SplitSource, partition: CopySource["partitions"][number]): Statement[] {
  const { schema } = source.table;
  const quoted = quoteQualified(schema, partition.name);
  const own = { table: { ...source.table, name: partition.name } };
  return [
    ...listUnproven(source).map(({ name, definition }) => addConstraint(own, name, definition)),
    buildStep(
      `ALTER TABLE ${quoteTable(source.whole)} ATTACH PARTITION ${quoted} ${formatCopyBounds(source, partition)}`,
    ),
    buildStep(`ALTER TABLE ${quoted} DROP CONSTRAINT ${quote(nameBoundsCheck(partition.name))}`),
  ];
}
