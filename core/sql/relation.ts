import { quoteQualified } from "../names/identifier";
import type { Hazard, Hold, Lock, LockMode, Statement } from "./statement";

/** A table whose properties are changed: the parent, a partition, or a partition being created. */
export interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly role: "parent" | "partition";
  /** Not visible to other sessions yet: locks on it block none of them. */
  readonly fresh: boolean;
  /** Major version of the server. Left out: not known. */
  readonly serverVersion?: number | undefined;
}

/** Returns one statement on one relation. Its undo is the previous state. */
export function buildRelationStatement(
  relation: Relation,
  transaction: string | undefined,
  sql: string,
  change: { readonly mode?: LockMode; readonly hazard?: Hazard; readonly hold?: Hold; readonly undo: string },
): Statement {
  const locks: Lock[] =
    relation.fresh || change.mode === undefined
      ? []
      : [{ relation: `${relation.schema}.${relation.name}`, role: relation.role, mode: change.mode }];
  const strong = change.mode === "ACCESS EXCLUSIVE" && !relation.fresh;
  const lockHazard: Hazard[] = strong ? [relation.role === "parent" ? "LOCK_PARENT_AX" : "LOCK_PARTITION_AX"] : [];
  return {
    sql,
    transaction,
    timeouts: strong ? "strong" : change.hold === "grows with rows" ? "waiting" : "light",
    locks,
    hold: change.hold ?? "instant",
    hazards: [...lockHazard, ...(change.hazard === undefined || relation.fresh ? [] : [change.hazard])],
    undo: change.undo,
  };
}

export function quoteRelation(relation: Pick<Relation, "schema" | "name">): string {
  return quoteQualified(relation.schema, relation.name);
}
