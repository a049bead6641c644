import { quoteLiteral } from "../../names/identifier";
import type { ObservedTable } from "../../observed/observed-table";
import type { TableShape } from "../../declare/table/spec";
import type { Statement } from "../../sql/statement";
import { formatReplicaIdentity, buildStatisticsStatements } from "./align";
import { quoteRelation, buildRelationStatement, type Relation } from "../../sql/relation";

/**
 * Aligns the table itself with the declaration: comment, statistics targets, replica identity. Undeclared properties are left
 * alone. RowPolicy manages row security and grants.
 *
 * @param indexesReady false: an index that is not on every partition yet cannot identify rows, so that part is left to the
 * resource that comes after the indexes, PartitionWindow
 */
export function buildParentStatements(
  relation: Relation,
  transaction: string,
  spec: Pick<TableShape, "comment" | "profile">,
  found: Pick<ObservedTable, "comment" | "carried" | "indexes"> | undefined,
  indexesReady = true,
): Statement[] {
  const { statistics } = spec.profile;
  const replicaIdentity = indexesReady
    ? spec.profile.replicaIdentity
    : keepUsableIdentity(spec.profile.replicaIdentity, found);
  const identity = found?.carried?.replicaIdentity ?? { kind: "default" as const };
  const sameIdentity =
    replicaIdentity === undefined ||
    (replicaIdentity.kind === identity.kind && (identity.kind !== "index" || replicaIdentity.index === identity.index));
  const wanted = Object.fromEntries((statistics ?? []).map(({ column, target }) => [column, target]));
  return [
    ...buildCommentStatements(relation, transaction, spec.comment, found?.comment),
    ...(statistics ? buildStatisticsStatements(relation, transaction, wanted, found?.carried?.statistics ?? {}) : []),
    ...(sameIdentity
      ? []
      : [
          buildRelationStatement(relation, transaction, formatReplicaIdentity(relation, replicaIdentity), {
            mode: "ACCESS EXCLUSIVE",
            hazard: "REPLICATION",
            undo: formatReplicaIdentity(relation, identity),
          }),
        ]),
  ];
}

function keepUsableIdentity(
  declared: TableShape["profile"]["replicaIdentity"],
  found: Pick<ObservedTable, "indexes"> | undefined,
): typeof declared {
  if (declared?.kind !== "index" || !found) return declared;
  return found.indexes.some((index) => index.name === declared.index && index.valid) ? declared : undefined;
}

function buildCommentStatements(
  relation: Relation,
  transaction: string,
  wanted: string | undefined,
  found: string | undefined,
): Statement[] {
  if (wanted === undefined || wanted === found) return [];
  const formatComment = (comment: string | undefined) =>
    `COMMENT ON TABLE ${quoteRelation(relation)} IS ${comment === undefined ? "NULL" : quoteLiteral(comment)}`;
  return [
    buildRelationStatement(relation, transaction, formatComment(wanted), {
      mode: "SHARE UPDATE EXCLUSIVE",
      undo: formatComment(found),
    }),
  ];
}
