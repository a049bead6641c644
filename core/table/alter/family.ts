import { quote, quoteQualified } from "../../names/identifier";
import type { ObservedTable } from "../../observed/observed-table";
import type { Hazard, Lock, LockMode, Statement } from "../../sql/statement";

/** A table with all its partitions, at any depth: an ALTER TABLE of the parent changes and locks them together. */
export interface Family {
  readonly schema: string;
  readonly table: string;
  readonly partitions: readonly Member[];
}

export interface Member {
  readonly schema: string;
  readonly name: string;
  /** A branch: it holds no rows itself. */
  readonly partitioned: boolean;
}

/** Excludes half-detached partitions, which are no longer reached through the table. */
export function collectFamily(table: ObservedTable): Family {
  const all = [...table.partitions, ...table.branches.flatMap((branch) => branch.partitions)];
  return {
    schema: table.schema,
    table: table.name,
    partitions: all
      .filter((partition) => !partition.detachPending)
      .map(({ schema, name, partitioned }) => ({ schema, name, partitioned })),
  };
}

/** Returns the partitions that hold rows. */
export function listPartitions(family: Family): readonly Member[] {
  return family.partitions.filter((member) => !member.partitioned);
}

export function quoteFamily(family: Pick<Family, "schema" | "table">): string {
  return quoteQualified(family.schema, family.table);
}

/**
 * Locks the whole family. First statement of each transaction that changes it: all lock waits happen here, within one
 * lock_timeout, so that later statements wait for nothing while other sessions wait for them.
 */
export function lockFamily(
  family: Family,
  transaction: string,
  mode: "ACCESS EXCLUSIVE" | "SHARE ROW EXCLUSIVE" = "ACCESS EXCLUSIVE",
): Statement {
  return {
    sql: `LOCK TABLE ${quoteFamily(family)} IN ${mode} MODE`,
    transaction,
    timeouts: "strong",
    oneWait: true,
    locks: listFamilyLocks(family, mode),
    hold: "instant",
    hazards: [mode === "ACCESS EXCLUSIVE" ? "LOCK_PARENT_AX" : "LOCK_WRITES_SHORT"],
    undo: "not needed: it changes nothing",
  };
}

/** Changes the whole family, within the transaction that has locked it. */
export function alterFamily(
  family: Family,
  transaction: string,
  change: {
    readonly action: string;
    readonly undo: string;
    readonly mode?: "ACCESS EXCLUSIVE" | "SHARE ROW EXCLUSIVE";
    readonly hazards?: readonly Hazard[];
    readonly locks?: readonly Lock[];
  },
): Statement {
  const mode = change.mode ?? "ACCESS EXCLUSIVE";
  return {
    sql: `ALTER TABLE ${quoteFamily(family)} ${change.action}`,
    transaction,
    timeouts: "strong",
    locks: [...listFamilyLocks(family, mode), ...(change.locks ?? [])],
    hold: "instant",
    hazards: [mode === "ACCESS EXCLUSIVE" ? "LOCK_PARENT_AX" : "LOCK_WRITES_SHORT", ...(change.hazards ?? [])],
    undo: change.undo,
  };
}

/** Validates a constraint by reading a partition; for a partitioned table it only checks that its partitions were validated. */
export function validate(
  member: { readonly schema: string; readonly name: string },
  constraint: string,
  change: { readonly locks: readonly Lock[]; readonly reads: boolean },
): Statement {
  return {
    sql: `ALTER TABLE ${quoteQualified(member.schema, member.name)} VALIDATE CONSTRAINT ${quote(constraint)}`,
    transaction: `validate ${constraint} of ${member.schema}.${member.name}`,
    timeouts: "waiting",
    locks: change.locks,
    hold: change.reads ? "grows with rows" : "instant",
    hazards: change.reads ? ["SCAN_PARTITION"] : [],
    undo: "not needed: it only reads",
  };
}

export function listFamilyLocks(family: Family, mode: LockMode): Lock[] {
  return [
    { relation: `${family.schema}.${family.table}`, role: "parent", mode },
    ...family.partitions.map(({ schema, name }): Lock => ({ relation: `${schema}.${name}`, role: "partition", mode })),
  ];
}
