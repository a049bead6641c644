import { quoteQualified } from "../names/identifier";
import type { Hazard, Hold, Lock, LockMode, Statement } from "./statement";

/** A table whose carried state is changed: the parent, a partition, or a partition that is only being made. */
export interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly role: "parent" | "leaf";
  /** Visible to nobody yet: no lock on it stops anyone. */
  readonly fresh: boolean;
}

/** One statement on one relation. Each has its undo in the state that was there before. */
export function onRelation(
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
  const lockHazard: Hazard[] = strong ? [relation.role === "parent" ? "LOCK_PARENT_AX" : "LOCK_LEAF_AX"] : [];
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

export function nameOf(relation: Pick<Relation, "schema" | "name">): string {
  return quoteQualified(relation.schema, relation.name);
}
