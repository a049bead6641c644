import { quote } from "../../names/identifier";
import type { CarriedState } from "../../observed/observed-table";
import type { Statement } from "../../sql/statement";
import { nameOf, onRelation, type Relation } from "../../sql/relation";
import { grantStatements, policyStatements, roleName, rowSecurityStatements } from "./security-statements";
import { storageStatements } from "./storage-statements";
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
  if (!found.ours) return refusedAlignment(relation, wanted, found);
  const transaction = `align ${relation.schema}.${relation.name}`;
  const parts: readonly (readonly [reason: string, statements: readonly Statement[]])[] = [
    [
      wanted.rowSecurity?.enabled ? "row security is not as declared" : "row security is on",
      wanted.rowSecurity ? rowSecurityStatements(relation, transaction, wanted.rowSecurity, found.rowSecurity) : [],
    ],
    [
      "policies differ",
      wanted.policies ? policyStatements(relation, transaction, wanted.policies, found.policies) : [],
    ],
    [openTo(wanted, found), wanted.grants ? grantStatements(relation, transaction, wanted.grants, found.grants) : []],
    [
      "replica identity differs",
      replicaStatements(relation, transaction, wanted.replicaIdentity, found.replicaIdentity),
    ],
    [
      "statistics targets differ",
      wanted.statistics ? statisticsStatements(relation, transaction, wanted.statistics, found.statistics) : [],
    ],
    [`storage is not that of ${wanted.storage?.name ?? ""} partitions`, storageStatements(relation, wanted, found)],
  ];
  const due = parts.filter(([, statements]) => statements.length > 0);
  return { statements: due.flatMap(([, statements]) => statements), reasons: due.map(([reason]) => reason) };
}

/**
 * Explains an alignment that the role cannot do. PostgreSQL lets only the owner change a table: another role has to run a
 * statement first.
 */
function refusedAlignment(relation: Relation, wanted: WantedState, found: CarriedState): Alignment {
  const role = wanted.role === undefined ? "the connected role" : roleName(wanted.role);
  const owner = wanted.tableOwner ?? found.owner;
  return {
    statements: [],
    reasons: [`owner is ${found.owner}, not ${owner}`],
    refused:
      `partition "${relation.schema}.${relation.name}" belongs to role "${found.owner}", whose rights ${role} does not have. ` +
      `An administrator has to run: ALTER TABLE ${nameOf(relation)} OWNER TO ${roleName(owner)}`,
  };
}

/** Changes the owner: a new partition belongs to the role that created it, and the owner of the table could not even drop it. */
export function ownerStatements(
  relation: Relation,
  transaction: string,
  wanted: string | undefined,
  found: string | undefined,
): Statement[] {
  if (wanted === undefined || found === undefined || wanted === found) return [];
  return [
    onRelation(relation, transaction, `ALTER TABLE ${nameOf(relation)} OWNER TO ${roleName(wanted)}`, {
      mode: "ACCESS EXCLUSIVE",
      hazard: "AUTHZ",
      undo: `ALTER TABLE ${nameOf(relation)} OWNER TO ${roleName(found)}`,
    }),
  ];
}

export function replicaStatements(
  relation: Relation,
  transaction: string,
  wanted: WantedState["replicaIdentity"],
  found: CarriedState["replicaIdentity"],
): Statement[] {
  if (!wanted) return [];
  const { kind, index } = wanted;
  if (kind === found.kind && (kind !== "index" || index === found.index)) return [];
  return [
    onRelation(relation, transaction, replicaIdentityText(relation, wanted), {
      mode: "ACCESS EXCLUSIVE",
      hazard: "REPLICATION",
      undo: replicaIdentityText(relation, found),
    }),
  ];
}

export function replicaIdentityText(
  relation: Pick<Relation, "schema" | "name">,
  identity: { readonly kind: string; readonly index?: string | undefined },
): string {
  const what = identity.kind === "index" ? `USING INDEX ${quote(identity.index ?? "")}` : identity.kind.toUpperCase();
  return `ALTER TABLE ${nameOf(relation)} REPLICA IDENTITY ${what}`;
}

/** Sets targets by column; an undeclared one is reset to the server's default. */
export function statisticsStatements(
  relation: Relation,
  transaction: string,
  wanted: Readonly<Record<string, number>>,
  found: Readonly<Record<string, number>>,
): Statement[] {
  const columns = [...new Set([...Object.keys(found), ...Object.keys(wanted)])].sort();
  // Without ONLY, changing a partitioned table would reach, and lock, every partition at once.
  const only = relation.role === "parent" ? "ONLY " : "";
  const text = (column: string, target: number | undefined) =>
    `ALTER TABLE ${only}${nameOf(relation)} ALTER COLUMN ${quote(column)} SET STATISTICS ${target ?? -1}`;
  return columns
    .filter((column) => found[column] !== wanted[column])
    .map((column) =>
      onRelation(relation, transaction, text(column, wanted[column]), {
        mode: "SHARE UPDATE EXCLUSIVE",
        undo: text(column, found[column]),
      }),
    );
}

function openTo(wanted: WantedState, found: CarriedState): string {
  const wants = (role: string): readonly string[] => wanted.grants?.find((one) => one.role === role)?.privileges ?? [];
  const roles = found.grants
    .filter(
      ({ role, privileges, others = [], grantable = [] }) =>
        grantable.length > 0 || [...privileges, ...others].some((privilege) => !wants(role).includes(privilege)),
    )
    .map((grant) => grant.role);
  return roles.length > 0 ? `open to ${roles.join(", ")}` : "grants are missing";
}
