import { quoteLiteral } from "../../names/identifier";
import type { ObservedTable } from "../../observed/observed-table";
import type { TableShape } from "../../declare/table/spec";
import type { Statement } from "../../sql/statement";
import { replicaIdentityText, statisticsStatements } from "./align";
import { nameOf, onRelation, type Relation } from "../../sql/relation";

/**
 * Aligns the table itself with the declaration: comment, statistics targets, replica identity. Undeclared properties are left
 * alone. RowPolicy manages row security and grants.
 *
 * @param indexesReady false: an index that is not on every partition yet cannot identify rows, so that part is left to the
 * resource that comes after the indexes, PartitionWindow
 */
export function parentStatements(
  relation: Relation,
  transaction: string,
  spec: Pick<TableShape, "comment" | "leaves">,
  found: Pick<ObservedTable, "comment" | "carried" | "indexes"> | undefined,
  indexesReady = true,
): Statement[] {
  const { statistics } = spec.leaves;
  const replicaIdentity = indexesReady ? spec.leaves.replicaIdentity : usable(spec.leaves.replicaIdentity, found);
  const identity = found?.carried?.replicaIdentity ?? { kind: "default" as const };
  const sameIdentity =
    replicaIdentity === undefined ||
    (replicaIdentity.kind === identity.kind && (identity.kind !== "index" || replicaIdentity.index === identity.index));
  const wanted = Object.fromEntries((statistics ?? []).map(({ column, target }) => [column, target]));
  return [
    ...commentStatements(relation, transaction, spec.comment, found?.comment),
    ...(statistics ? statisticsStatements(relation, transaction, wanted, found?.carried?.statistics ?? {}) : []),
    ...(sameIdentity
      ? []
      : [
          onRelation(relation, transaction, replicaIdentityText(relation, replicaIdentity), {
            mode: "ACCESS EXCLUSIVE",
            hazard: "REPLICATION",
            undo: replicaIdentityText(relation, identity),
          }),
        ]),
  ];
}

function usable(
  declared: TableShape["leaves"]["replicaIdentity"],
  found: Pick<ObservedTable, "indexes"> | undefined,
): typeof declared {
  if (declared?.kind !== "index" || !found) return declared;
  return found.indexes.some((index) => index.name === declared.index && index.valid) ? declared : undefined;
}

function commentStatements(
  relation: Relation,
  transaction: string,
  wanted: string | undefined,
  found: string | undefined,
): Statement[] {
  if (wanted === undefined || wanted === found) return [];
  const text = (comment: string | undefined) =>
    `COMMENT ON TABLE ${nameOf(relation)} IS ${comment === undefined ? "NULL" : quoteLiteral(comment)}`;
  return [onRelation(relation, transaction, text(wanted), { mode: "SHARE UPDATE EXCLUSIVE", undo: text(found) })];
}
