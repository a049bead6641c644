import { fitIdentifier, quote, quoteLiteral, quoteQualified } from "../../names/identifier";
import type {
  DefaultGrant,
  HeldPrivilege,
  ObservedColumnStorage,
  ObservedOwnTrigger,
  ObservedStatistics,
} from "../../observed/observed-table";
import type { Statement } from "../../sql/statement";
import { ownerStatements, replicaStatements, statisticsStatements } from "./align";
import type { NewbornState } from "./newborn";
import { nameOf, onRelation, type Relation } from "../../sql/relation";
import {
  type DefaultGrantees,
  freshGrantStatements,
  policyStatements,
  roleName,
  rowSecurityStatements,
} from "./security-statements";
import { freshStorageStatements } from "./storage-statements";

/** Default privileges: roles that may get some, and the privileges for the creator of the table. */
interface Defaults {
  readonly grantees: DefaultGrantees;
  readonly grants: readonly DefaultGrant[];
}

/** Sets the properties of a new partition, in its transaction and before it is attached. */
export function freshStatements(
  relation: Relation,
  transaction: string,
  wanted: NewbornState,
  defaults: Defaults,
): Statement[] {
  const open = { enabled: false, forced: false };
  // The schedule runs these at a later time, when a role or function that siblings use may have been dropped.
  const copied =
    defaults.grantees === "whoever" ? (list: Statement[]) => list.map(unlessItFails) : (list: Statement[]) => list;
  const policies = wanted.policies ? policyStatements(relation, transaction, wanted.policies, []) : [];
  const owner = ownerStatements(relation, transaction, wanted.owner, makerOf(wanted));
  return [
    ...(wanted.rowSecurity ? rowSecurityStatements(relation, transaction, wanted.rowSecurity, open) : []),
    ...(wanted.policiesOfSiblings ? copied(policies) : policies),
    ...privilegeStatements(relation, transaction, wanted, defaults, copied),
    ...replicaStatements(relation, transaction, wanted.replicaIdentity, { kind: "default" }),
    ...statisticsStatements(relation, transaction, wanted.statistics ?? {}, {}),
    ...freshStorageStatements(relation, transaction, wanted, copied),
    ...copied([
      ...wanted.columns.flatMap((column) => columnStatements(relation, transaction, column)),
      ...(wanted.extended ?? []).map((one, index) => extendedStatement(relation, transaction, one, index)),
      ...clusterStatements(relation, transaction, wanted.clusterOn),
      ...wanted.triggers.flatMap((trigger) => ownTriggerStatements(relation, transaction, trigger)),
      ...commentStatements(relation, transaction, wanted.comment),
    ]),
    // Last: until then the creating role is certainly its owner.
    ...(wanted.ownerOfSiblings && defaults.grantees === "whoever"
      ? owner.map((one) => ifOurs(one, wanted.owner))
      : owner),
  ];
}

/**
 * Returns the creator, in the schedule the owner of the table: a partition that belongs to another role has to be given to it.
 */
function makerOf({ role, ownerOfSiblings, tableOwner }: NewbornState): string | undefined {
  return role ?? (ownerOfSiblings ? tableOwner : undefined);
}

/** Creates triggers of a partition alone, after loading rows that are not new. */
export function ownTriggerStatements(
  relation: Relation,
  transaction: string,
  trigger: ObservedOwnTrigger,
): Statement[] {
  const table = nameOf(relation);
  const make = `${trigger.head} ON ${table} ${trigger.tail}`;
  const word = { origin: undefined, always: "ENABLE ALWAYS", replica: "ENABLE REPLICA", never: "DISABLE" }[
    trigger.fires
  ];
  return [
    onRelation(relation, transaction, make, { undo: `DROP TRIGGER ${quote(trigger.name)} ON ${table}` }),
    ...(word === undefined
      ? []
      : [
          onRelation(relation, transaction, `ALTER TABLE ${table} ${word} TRIGGER ${quote(trigger.name)}`, {
            undo: "dropped with its table",
          }),
        ]),
  ];
}

/**
 * Sets declared privileges, or those of siblings. Nothing is needed if they equal the default privileges; under row security,
 * those are never relied on.
 */
function privilegeStatements(
  relation: Relation,
  transaction: string,
  wanted: NewbornState,
  { grantees, grants }: Defaults,
  copied: (list: Statement[]) => Statement[],
): Statement[] {
  const { closed, held, owner, role, tableOwner } = wanted;
  if (wanted.grants) return freshGrantStatements(relation, transaction, wanted.grants, grantees);
  if (!held) return closed ? freshGrantStatements(relation, transaction, [], grantees) : [];
  const maker = role ?? tableOwner;
  const given = grants.filter(
    (one) => one.maker === maker && one.role !== owner && (one.schema === undefined || one.schema === relation.schema),
  );
  if (!closed && sameHeld(held, given)) return [];
  return [
    ...freshGrantStatements(relation, transaction, [], grantees),
    ...copied(heldStatements(relation, transaction, held)),
  ];
}

function sameHeld(a: readonly HeldPrivilege[], b: readonly HeldPrivilege[]): boolean {
  const words = (list: readonly HeldPrivilege[]) =>
    [
      ...new Set(
        list.map(({ role, privilege, columns = [], grantable }) =>
          JSON.stringify([role, privilege, columns, grantable]),
        ),
      ),
    ]
      .sort()
      .join();
  return words(a) === words(b);
}

function heldStatements(relation: Relation, transaction: string, held: readonly HeldPrivilege[]): Statement[] {
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
    const what = `${list.join(", ")} ON ${nameOf(relation)}`;
    const option = first.grantable ? " WITH GRANT OPTION" : "";
    return [
      onRelation(relation, transaction, `GRANT ${what} TO ${roleName(first.role)}${option}`, {
        hazard: "AUTHZ",
        undo: `REVOKE ${what} FROM ${roleName(first.role)}`,
      }),
    ];
  });
}

const STORAGE: Readonly<Record<string, string>> = { p: "PLAIN", e: "EXTERNAL", x: "EXTENDED", m: "MAIN" };
const COMPRESSION: Readonly<Record<string, string>> = { p: "pglz", l: "lz4", d: "DEFAULT" };

function columnStatements(relation: Relation, transaction: string, column: ObservedColumnStorage): Statement[] {
  const alter = (change: string) =>
    onRelation(relation, transaction, `ALTER TABLE ${nameOf(relation)} ALTER COLUMN ${quote(column.name)} ${change}`, {
      undo: "dropped with its table",
    });
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
function extendedStatement(relation: Relation, transaction: string, one: ObservedStatistics, index: number): Statement {
  const name = quoteQualified(relation.schema, fitIdentifier(`${relation.name}_stat${String(index + 1)}`));
  // Statistics on a single expression have only one kind, which cannot be named.
  const kinds = one.kinds && one.columns.includes(",") ? ` (${one.kinds.join(", ")})` : "";
  return onRelation(
    relation,
    transaction,
    `CREATE STATISTICS ${name}${kinds} ON ${one.columns} FROM ${nameOf(relation)}`,
    {
      undo: "dropped with its table",
    },
  );
}

function clusterStatements(relation: Relation, transaction: string, index: string | undefined): Statement[] {
  if (index === undefined) return [];
  return [
    onRelation(relation, transaction, `ALTER TABLE ${nameOf(relation)} CLUSTER ON ${quote(index)}`, {
      undo: "dropped with its table",
    }),
  ];
}

function commentStatements(relation: Relation, transaction: string, comment: string | undefined): Statement[] {
  if (comment === undefined) return [];
  return [
    onRelation(relation, transaction, `COMMENT ON TABLE ${nameOf(relation)} IS ${quoteLiteral(comment)}`, {
      undo: "dropped with its table",
    }),
  ];
}

/** Changes the owner only if the role has the new owner's rights: otherwise it could not attach the partition. */
function ifOurs(statement: Statement, owner = ""): Statement {
  const sql = `IF pg_has_role(current_user, ${quoteLiteral(owner)}, 'USAGE') THEN\n    ${statement.sql};\n  END IF`;
  return unlessItFails({ ...statement, sql });
}

/** Turns errors into warnings: a partition that lacks a property of its siblings takes rows; a missing one takes none. */
function unlessItFails(statement: Statement): Statement {
  const body = `\nBEGIN\n  ${statement.sql};\nEXCEPTION WHEN OTHERS THEN\n  RAISE WARNING '%', sqlerrm;\nEND\n`;
  return { ...statement, sql: `DO ${quoteLiteral(body)}` };
}
