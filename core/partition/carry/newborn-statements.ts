import { fitIdentifier, quote, quoteLiteral, quoteQualified } from "../../names/identifier";
import type { DefaultGrant, HeldPrivilege } from "../../observed/observed-grant";
import type { ObservedColumnStorage, ObservedOwnTrigger, ObservedStatistics } from "../../observed/observed-table";
import type { Statement } from "../../sql/statement";
import { buildOwnerStatements, buildReplicaStatements, buildStatisticsStatements } from "./align";
import type { NewbornState } from "./newborn";
import { quoteRelation, buildRelationStatement, type Relation } from "../../sql/relation";
import {
  type DefaultGrantees,
  buildFreshGrantStatements,
  buildPolicyStatements,
  quoteRole,
  buildRowSecurityStatements,
} from "./security-statements";
import { buildFreshStorageStatements } from "./storage-statements";

/** Default privileges: roles that may get some, and the privileges for the creator of the table. */
interface Defaults {
  readonly grantees: DefaultGrantees;
  readonly grants: readonly DefaultGrant[];
}

/** Sets the properties of a new partition, in its transaction and before it is attached. */
export function buildNewbornStatements(
  relation: Relation,
  transaction: string,
  wanted: NewbornState,
  defaults: Defaults,
): Statement[] {
  const open = { enabled: false, forced: false };
  // The schedule runs these at a later time, when a role or function that siblings use may have been dropped.
  const copied =
    defaults.grantees === "whoever"
      ? (list: Statement[]) => list.map(wrapErrorsAsWarnings)
      : (list: Statement[]) => list;
  const policies = wanted.policies ? buildPolicyStatements(relation, transaction, wanted.policies, []) : [];
  const owner = buildOwnerStatements(relation, transaction, wanted.owner, findCreator(wanted));
  return [
    ...(wanted.rowSecurity ? buildRowSecurityStatements(relation, transaction, wanted.rowSecurity, open) : []),
    ...(wanted.policiesOfSiblings ? copied(policies) : policies),
    ...buildPrivilegeStatements(relation, transaction, wanted, defaults, copied),
    ...buildReplicaStatements(relation, transaction, wanted.replicaIdentity, { kind: "default" }),
    ...buildStatisticsStatements(relation, transaction, wanted.statistics ?? {}, {}),
    ...buildFreshStorageStatements(relation, transaction, wanted, copied),
    ...copied([
      ...wanted.columns.flatMap((column) => buildColumnStorageStatements(relation, transaction, column)),
      ...(wanted.extended ?? []).map((one, index) =>
        buildExtendedStatisticsStatement(relation, transaction, one, index),
      ),
      ...buildClusterStatements(relation, transaction, wanted.clusterOn),
      ...wanted.triggers.flatMap((trigger) => buildOwnTriggerStatements(relation, transaction, trigger)),
      ...buildNewbornCommentStatements(relation, transaction, wanted.comment),
    ]),
    // Last: until then the creating role is certainly its owner.
    ...(wanted.ownerOfSiblings && defaults.grantees === "whoever"
      ? owner.map((one) => wrapInRoleCheck(one, wanted.owner))
      : owner),
  ];
}

/**
 * Returns the creator, in the schedule the owner of the table: a partition that belongs to another role has to be given to it.
 */
function findCreator({ role, ownerOfSiblings, tableOwner }: NewbornState): string | undefined {
  return role ?? (ownerOfSiblings ? tableOwner : undefined);
}

/** Creates triggers of a partition alone, after loading rows that are not new. */
export function buildOwnTriggerStatements(
  relation: Relation,
  transaction: string,
  trigger: ObservedOwnTrigger,
): Statement[] {
  const table = quoteRelation(relation);
  const make = `${trigger.head} ON ${table} ${trigger.tail}`;
  const word = { origin: undefined, always: "ENABLE ALWAYS", replica: "ENABLE REPLICA", never: "DISABLE" }[
    trigger.fires
  ];
  return [
    buildRelationStatement(relation, transaction, make, { undo: `DROP TRIGGER ${quote(trigger.name)} ON ${table}` }),
    ...(word === undefined
      ? []
      : [
          buildRelationStatement(relation, transaction, `ALTER TABLE ${table} ${word} TRIGGER ${quote(trigger.name)}`, {
            undo: "dropped with its table",
          }),
        ]),
  ];
}

/**
 * Sets declared privileges, or those of siblings. Nothing is needed if they equal the default privileges; under row security,
 * those are never relied on.
 */
function buildPrivilegeStatements(
  relation: Relation,
  transaction: string,
  wanted: NewbornState,
  { grantees, grants }: Defaults,
  copied: (list: Statement[]) => Statement[],
): Statement[] {
  const { closed, held, owner, role, tableOwner } = wanted;
  if (wanted.grants) return buildFreshGrantStatements(relation, transaction, wanted.grants, grantees);
  if (!held) return closed ? buildFreshGrantStatements(relation, transaction, [], grantees) : [];
  const maker = role ?? tableOwner;
  const given = grants.filter(
    (one) => one.maker === maker && one.role !== owner && (one.schema === undefined || one.schema === relation.schema),
  );
  if (!closed && areSamePrivileges(held, given)) return [];
  return [
    ...buildFreshGrantStatements(relation, transaction, [], grantees),
    ...copied(buildHeldPrivilegeStatements(relation, transaction, held)),
  ];
}

function areSamePrivileges(a: readonly HeldPrivilege[], b: readonly HeldPrivilege[]): boolean {
  const formatPrivileges = (list: readonly HeldPrivilege[]) =>
    [
      ...new Set(
        list.map(({ role, privilege, columns = [], grantable }) =>
          JSON.stringify([role, privilege, columns, grantable]),
        ),
      ),
    ]
      .sort()
      .join();
  return formatPrivileges(a) === formatPrivileges(b);
}

function buildHeldPrivilegeStatements(
  relation: Relation,
  transaction: string,
  held: readonly HeldPrivilege[],
): Statement[] {
  const groups = new Map<string, HeldPrivilege[]>();
  for (const one of held) {
    const key = JSON.stringify([one.role, one.grantable]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const list = group.map(({ privilege, columns }) =>
      columns ? `${privilege.toUpperCase()} (${columns.map(quote).join(", ")})` : privilege.toUpperCase(),
    );
    const what = `${list.join(", ")} ON ${quoteRelation(relation)}`;
    const option = first.grantable ? " WITH GRANT OPTION" : "";
    return [
      buildRelationStatement(relation, transaction, `GRANT ${what} TO ${quoteRole(first.role)}${option}`, {
        hazard: "AUTHZ",
        undo: `REVOKE ${what} FROM ${quoteRole(first.role)}`,
      }),
    ];
  });
}

const STORAGE: Readonly<Record<string, string>> = { p: "PLAIN", e: "EXTERNAL", x: "EXTENDED", m: "MAIN" };
const COMPRESSION: Readonly<Record<string, string>> = { p: "pglz", l: "lz4", d: "DEFAULT" };

function buildColumnStorageStatements(
  relation: Relation,
  transaction: string,
  column: ObservedColumnStorage,
): Statement[] {
  const alter = (change: string) =>
    buildRelationStatement(
      relation,
      transaction,
      `ALTER TABLE ${quoteRelation(relation)} ALTER COLUMN ${quote(column.name)} ${change}`,
      {
        undo: "dropped with its table",
      },
    );
  const options = Object.entries(column.options ?? {}).map(
    ([name, value]) => `${quote(name)} = ${quoteLiteral(value)}`,
  );
  const storage = STORAGE[column.storage ?? ""];
  const compression = COMPRESSION[column.compression ?? ""];
  return [
    ...(storage === undefined ? [] : [alter(`SET STORAGE ${storage}`)]),
    ...(compression === undefined ? [] : [alter(`SET COMPRESSION ${compression}`)]),
    ...(options.length > 0 ? [alter(`SET (${options.join(", ")})`)] : []),
  ];
}

/** Creates extended statistics. PostgreSQL 15 requires a name. */
function buildExtendedStatisticsStatement(
  relation: Relation,
  transaction: string,
  one: ObservedStatistics,
  index: number,
): Statement {
  const name = quoteQualified(relation.schema, fitIdentifier(`${relation.name}_stat${String(index + 1)}`));
  // Statistics on a single expression have only one kind, which cannot be named.
  const kinds = one.kinds && one.columns.includes(",") ? ` (${one.kinds.join(", ")})` : "";
  return buildRelationStatement(
    relation,
    transaction,
    `CREATE STATISTICS ${name}${kinds} ON ${one.columns} FROM ${quoteRelation(relation)}`,
    {
      undo: "dropped with its table",
    },
  );
}

function buildClusterStatements(relation: Relation, transaction: string, index: string | undefined): Statement[] {
  if (index === undefined) return [];
  return [
    buildRelationStatement(relation, transaction, `ALTER TABLE ${quoteRelation(relation)} CLUSTER ON ${quote(index)}`, {
      undo: "dropped with its table",
    }),
  ];
}

function buildNewbornCommentStatements(
  relation: Relation,
  transaction: string,
  comment: string | undefined,
): Statement[] {
  if (comment === undefined) return [];
  return [
    buildRelationStatement(
      relation,
      transaction,
      `COMMENT ON TABLE ${quoteRelation(relation)} IS ${quoteLiteral(comment)}`,
      {
        undo: "dropped with its table",
      },
    ),
  ];
}

/** Changes the owner only if the role has the new owner's rights: otherwise it could not attach the partition. */
function wrapInRoleCheck(statement: Statement, owner = ""): Statement {
  const sql = `IF pg_has_role(current_user, ${quoteLiteral(owner)}, 'USAGE') THEN\n    ${statement.sql};\n  END IF`;
  return wrapErrorsAsWarnings({ ...statement, sql });
}

/** Turns errors into warnings: a partition that lacks a property of its siblings takes rows; a missing one takes none. */
function wrapErrorsAsWarnings(statement: Statement): Statement {
  const body = `\nBEGIN\n  ${statement.sql};\nEXCEPTION WHEN OTHERS THEN\n  RAISE WARNING '%', sqlerrm;\nEND\n`;
  return { ...statement, sql: `DO ${quoteLiteral(body)}` };
}
