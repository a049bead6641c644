import { quote } from "../../names/identifier";
import type { CarriedState } from "../../observed/observed-table";
import type { Statement } from "../../sql/statement";
import { quoteRelation, buildRelationStatement, type Relation } from "../../sql/relation";
import {
  buildGrantStatements,
  buildPolicyStatements,
  quoteRole,
  buildRowSecurityStatements,
} from "./security-statements";
import { buildStorageStatements } from "./storage-statements";
import type { WantedState } from "./wanted";

/** A partition that differs from its declaration. */
export interface Alignment {
  readonly statements: readonly Statement[];
  /** Differences in words: `row security is off`. */
  readonly reasons: readonly string[];
  /** Reason why the connected role cannot do it, and the fix. */
  readonly refused?: string;
}

/**
 * Aligns one partition with the declaration; undeclared properties are left as they are. Changes under a strong lock are one
 * transaction, so that no session sees row security without its policies, or the reverse.
 */
export function alignStatements(relation: Relation, wanted: WantedState, found: CarriedState): Alignment {
  if (!found.ours) return refuseAlignment(relation, wanted, found);
  const transaction = `align ${relation.schema}.${relation.name}`;
  const parts: readonly (readonly [reason: string, statements: readonly Statement[]])[] = [
    [
      wanted.rowSecurity?.enabled ? "row security is not as declared" : "row security is on",
      wanted.rowSecurity
        ? buildRowSecurityStatements(relation, transaction, wanted.rowSecurity, found.rowSecurity)
        : [],
    ],
    [
      "policies differ",
      wanted.policies ? buildPolicyStatements(relation, transaction, wanted.policies, found.policies) : [],
    ],
    [
      describeOpenTo(wanted, found),
      wanted.grants ? buildGrantStatements(relation, transaction, wanted.grants, found.grants) : [],
    ],
    [
      "replica identity differs",
      buildReplicaStatements(relation, transaction, wanted.replicaIdentity, found.replicaIdentity),
    ],
    [
      "statistics targets differ",
      wanted.statistics ? buildStatisticsStatements(relation, transaction, wanted.statistics, found.statistics) : [],
    ],
    [
      `storage is not that of ${wanted.storage?.name ?? ""} partitions`,
      buildStorageStatements(relation, wanted, found),
    ],
  ];
  const due = parts.filter(([, statements]) => statements.length > 0);
  return { statements: due.flatMap(([, statements]) => statements), reasons: due.map(([reason]) => reason) };
}

/**
 * Explains an alignment that the role cannot do. PostgreSQL lets only the owner change a table: another role has to run a
 * statement first.
 */
function refuseAlignment(relation: Relation, wanted: WantedState, found: CarriedState): Alignment {
  const role = wanted.role === undefined ? "the connected role" : quoteRole(wanted.role);
  const owner = wanted.tableOwner ?? found.owner;
  return {
    statements: [],
    reasons: [`owner is ${found.owner}, not ${owner}`],
    refused:
      `partition "${relation.schema}.${relation.name}" belongs to role "${found.owner}", whose rights ${role} does not have. ` +
      `An administrator has to run: ALTER TABLE ${quoteRelation(relation)} OWNER TO ${quoteRole(owner)}`,
  };
}

/** Changes the owner: a new partition belongs to the role that created it, and the owner of the table could not even drop it. */
export function buildOwnerStatements(
  relation: Relation,
  transaction: string,
  wanted: string | undefined,
  found: string | undefined,
): Statement[] {
  if (wanted === undefined || found === undefined || wanted === found) return [];
  return [
    buildRelationStatement(
      relation,
      transaction,
      `ALTER TABLE ${quoteRelation(relation)} OWNER TO ${quoteRole(wanted)}`,
      {
        mode: "ACCESS EXCLUSIVE",
        hazard: "AUTHZ",
        undo: `ALTER TABLE ${quoteRelation(relation)} OWNER TO ${quoteRole(found)}`,
      },
    ),
  ];
}

export function buildReplicaStatements(
  relation: Relation,
  transaction: string,
  wanted: WantedState["replicaIdentity"],
  found: CarriedState["replicaIdentity"],
): Statement[] {
  if (!wanted) return [];
  const { kind, index } = wanted;
  if (kind === found.kind && (kind !== "index" || index === found.index)) return [];
  return [
    buildRelationStatement(relation, transaction, formatReplicaIdentity(relation, wanted), {
      mode: "ACCESS EXCLUSIVE",
      hazard: "REPLICATION",
      undo: formatReplicaIdentity(relation, found),
    }),
  ];
}

export function formatReplicaIdentity(
  relation: Pick<Relation, "schema" | "name">,
  identity: { readonly kind: string; readonly index?: string | undefined },
): string {
  const what = identity.kind === "index" ? `USING INDEX ${quote(identity.index ?? "")}` : identity.kind.toUpperCase();
  return `ALTER TABLE ${quoteRelation(relation)} REPLICA IDENTITY ${what}`;
}

/** Sets targets by column; an undeclared one is reset to the server's default. */
export function buildStatisticsStatements(
  relation: Relation,
  transaction: string,
  wanted: Readonly<Record<string, number>>,
  found: Readonly<Record<string, number>>,
): Statement[] {
  const columns = [...new Set([...Object.keys(found), ...Object.keys(wanted)])].sort();
  // Without ONLY, changing a partitioned table would reach, and lock, every partition at once.
  const only = relation.role === "parent" ? "ONLY " : "";
  const formatStatistics = (column: string, target: number | undefined) =>
    `ALTER TABLE ${only}${quoteRelation(relation)} ALTER COLUMN ${quote(column)} SET STATISTICS ${target ?? -1}`;
  return columns
    .filter((column) => found[column] !== wanted[column])
    .map((column) =>
      buildRelationStatement(relation, transaction, formatStatistics(column, wanted[column]), {
        mode: "SHARE UPDATE EXCLUSIVE",
        undo: formatStatistics(column, found[column]),
      }),
    );
}

function describeOpenTo(wanted: WantedState, found: CarriedState): string {
  const listWanted = (role: string): readonly string[] =>
    wanted.grants?.find((one) => one.role === role)?.privileges ?? [];
  const roles = found.grants
    .filter(
      ({ role, privileges, others = [], grantable = [] }) =>
        grantable.length > 0 || [...privileges, ...others].some((privilege) => !listWanted(role).includes(privilege)),
    )
    .map((grant) => grant.role);
  return roles.length > 0 ? `open to ${roles.join(", ")}` : "grants are missing";
}
