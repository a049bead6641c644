import { quote } from "../names/identifier";
import type { CarriedState } from "../observed";
import type { Statement } from "../statements/statement";
import { nameOf, onRelation, type Relation } from "./relation";
import {
  type DefaultGrantees,
  freshGrantStatements,
  grantStatements,
  policyStatements,
  roleName,
  rowSecurityStatements,
} from "./security-statements";
import { freshStorageStatements, storageStatements } from "./storage-statements";
import type { WantedState } from "./wanted";

/** A partition that does not carry what it should. */
export interface Alignment {
  readonly statements: readonly Statement[];
  /** What differs, in words: `row security is off`. */
  readonly reasons: readonly string[];
  /** Why the connected role cannot do it, and what would let it. */
  readonly refused?: string;
}

/**
 * Brings one partition to what it should carry. What takes a strong lock is one transaction, so that nobody meets a
 * partition with row security and without its policies, or the other way round.
 */
export function alignStatements(relation: Relation, wanted: WantedState, found: CarriedState): Alignment {
  if (!found.ours) return refusedAlignment(relation, wanted, found);
  const transaction = `align ${relation.schema}.${relation.name}`;
  const parts: readonly (readonly [reason: string, statements: readonly Statement[]])[] = [
    [
      `owner is ${found.owner}, not ${wanted.owner ?? found.owner}`,
      ownerStatements(relation, transaction, wanted, found.owner),
    ],
    [
      wanted.rowSecurity?.enabled ? "row security is not as declared" : "row security is on",
      wanted.rowSecurity ? rowSecurityStatements(relation, transaction, wanted.rowSecurity, found.rowSecurity) : [],
    ],
    [
      "policies differ",
      wanted.policies ? policyStatements(relation, transaction, wanted.policies, found.policies) : [],
    ],
    [openTo(wanted, found), wanted.grants ? grantStatements(relation, transaction, wanted.grants, found.grants) : []],
    ["replica identity differs", replicaStatements(relation, transaction, wanted, found.replicaIdentity)],
    ["statistics targets differ", statisticsStatements(relation, transaction, wanted, found.statistics)],
    [`storage is not that of ${wanted.storage?.name ?? ""} partitions`, storageStatements(relation, wanted, found)],
  ];
  const due = parts.filter(([, statements]) => statements.length > 0);
  return { statements: due.flatMap(([, statements]) => statements), reasons: due.map(([reason]) => reason) };
}

/** PostgreSQL lets only the owner change a table: one statement of somebody else has to come first. */
function refusedAlignment(relation: Relation, wanted: WantedState, found: CarriedState): Alignment {
  const role = wanted.role === undefined ? "the connected role" : roleName(wanted.role);
  const owner = wanted.owner ?? found.owner;
  return {
    statements: [],
    reasons: [`owner is ${found.owner}, not ${owner}`],
    refused:
      `partition "${relation.schema}.${relation.name}" belongs to role "${found.owner}", whose rights ${role} does not have. ` +
      `An administrator has to run: ALTER TABLE ${nameOf(relation)} OWNER TO ${roleName(owner)}`,
  };
}

/** The same for a partition that is being made, within its transaction and before it is attached. */
export function freshStatements(
  relation: Relation,
  transaction: string,
  wanted: WantedState,
  defaultGrantees: DefaultGrantees,
): Statement[] {
  const open = { enabled: false, forced: false };
  const rowSecurity = wanted.rowSecurity ?? wanted.freshRowSecurity;
  const grants = wanted.grants ?? (wanted.freshRowSecurity ? [] : undefined);
  return [
    ...(rowSecurity ? rowSecurityStatements(relation, transaction, rowSecurity, open) : []),
    ...(wanted.policies ? policyStatements(relation, transaction, wanted.policies, []) : []),
    ...(grants ? freshGrantStatements(relation, transaction, grants, defaultGrantees) : []),
    ...replicaStatements(relation, transaction, wanted, { kind: "default" }),
    ...statisticsStatements(relation, transaction, wanted, {}),
    ...freshStorageStatements(relation, transaction, wanted),
    // Last: until then whoever makes it is its owner for certain.
    ...ownerStatements(relation, transaction, wanted, wanted.role),
  ];
}

/** A partition belongs to whoever made it; the owner of the table could not even drop it. */
function ownerStatements(
  relation: Relation,
  transaction: string,
  wanted: WantedState,
  found: string | undefined,
): Statement[] {
  if (wanted.owner === undefined || found === undefined || wanted.owner === found) return [];
  return [
    onRelation(relation, transaction, `ALTER TABLE ${nameOf(relation)} OWNER TO ${roleName(wanted.owner)}`, {
      mode: "ACCESS EXCLUSIVE",
      hazard: "AUTHZ",
      undo: `ALTER TABLE ${nameOf(relation)} OWNER TO ${roleName(found)}`,
    }),
  ];
}

function replicaStatements(
  relation: Relation,
  transaction: string,
  wanted: WantedState,
  found: CarriedState["replicaIdentity"],
): Statement[] {
  const { kind, index } = wanted.replicaIdentity;
  if (kind === found.kind && (kind !== "index" || index === found.index)) return [];
  return [
    onRelation(relation, transaction, replicaIdentityText(relation, wanted.replicaIdentity), {
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

/** Targets by column; one that is not wanted goes back to the server's default. */
export function statisticsStatements(
  relation: Relation,
  transaction: string,
  wanted: Pick<WantedState, "statistics">,
  found: Readonly<Record<string, number>>,
): Statement[] {
  const columns = [...new Set([...Object.keys(found), ...Object.keys(wanted.statistics)])].sort();
  // Without ONLY the change of a partitioned table would reach, and lock, every partition at once.
  const only = relation.role === "parent" ? "ONLY " : "";
  const text = (column: string, target: number | undefined) =>
    `ALTER TABLE ${only}${nameOf(relation)} ALTER COLUMN ${quote(column)} SET STATISTICS ${target ?? -1}`;
  return columns
    .filter((column) => found[column] !== wanted.statistics[column])
    .map((column) =>
      onRelation(relation, transaction, text(column, wanted.statistics[column]), {
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
