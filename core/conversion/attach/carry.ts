import { quote, quoteLiteral, quoteQualified } from "../../names/identifier";
import {
  buildFreshGrantStatements,
  buildPolicyStatements,
  buildRowSecurityStatements,
  quoteRole,
  toPolicySpec,
} from "../../partition/carry/security-statements";
import type { Relation } from "../../sql/relation";
import type { Statement } from "../../sql/statement";
import { addTableStatement, dropTableStatement } from "../../table/create/publication";
import type { ObservedPolicy } from "../../observed/observed-table";
import type { SourcePrivilege } from "../source";
import { quoteTable } from "./attach-source";
import type { Handover } from "./handover";
import { buildSteps } from "./step";

// What neither LIKE and ATTACH nor DETACH give the relation that takes the place of another.

/** Owner, settings of columns, replica identity. */
export function carrySettings(source: Handover): string[] {
  const { table, bound, present } = source;
  const alter = `ALTER TABLE ${quoteTable(source)}`;
  const identity = bound.carried.replicaIdentity.kind;
  return [
    ...(present.owner === table.owner ? [] : [`${alter} OWNER TO ${quote(table.owner)}`]),
    ...bound.columns.flatMap(({ name, statistics, options = {} }) => [
      ...(statistics === undefined ? [] : [`${alter} ALTER COLUMN ${quote(name)} SET STATISTICS ${statistics}`]),
      ...(Object.keys(options).length === 0
        ? []
        : [`${alter} ALTER COLUMN ${quote(name)} SET (${formatOptions(options)})`]),
    ]),
    ...(identity === "index" || present.replicaIdentity === "index" || identity === present.replicaIdentity
      ? []
      : [`${alter} REPLICA IDENTITY ${identity.toUpperCase()}`]),
  ];
}

export function formatOptions(options: Readonly<Record<string, string>>): string {
  return Object.entries(options)
    .map(([name, value]) => `${quote(name)} = ${quoteLiteral(value)}`)
    .join(", ");
}

/** Statistics objects under their former names. */
export function carryStatistics({ bound }: Pick<Handover, "bound">): string[] {
  return bound.statistics.flatMap(({ schema, name, definition, target, comment }) => [
    definition,
    ...(target === undefined ? [] : [`ALTER STATISTICS ${quoteQualified(schema, name)} SET STATISTICS ${target}`]),
    ...(comment === undefined
      ? []
      : [`COMMENT ON STATISTICS ${quoteQualified(schema, name)} IS ${quoteLiteral(comment)}`]),
  ]);
}

/** Row security, policies and exactly the privileges of the former relation, before another session can see the new one. */
export function carryAccess(source: Handover): Statement[] {
  const { table, bound, present } = source;
  const relation: Relation = { schema: table.schema, name: table.name, role: "parent", fresh: true };
  const policies = bound.carried.policies.map((policy) => ({
    spec: toPolicySpec(policy),
    same: (found: ObservedPolicy) => isSame(policy, found),
  }));
  return [
    ...buildRowSecurityStatements(relation, "", bound.carried.rowSecurity, present.rowSecurity),
    ...buildPolicyStatements(relation, "", policies, present.policies),
    ...carryGrants(source, relation),
  ];
}

function carryGrants(source: Handover, relation: Relation): Statement[] {
  const { table, bound, present } = source;
  const on = `TABLE ${quoteTable(source)}`;
  const grants = grantAll(on, bound.privileges, table.owner);
  if ("grantees" in present) {
    return [...buildFreshGrantStatements(relation, "", [], present.grantees), ...buildSteps(grants)];
  }
  const held = grantAll(on, present.privileges, present.owner);
  if (isSame(held, grants)) return [];
  const roles = new Set(present.privileges.map(({ grantee }) => grantee).filter((role) => role !== present.owner));
  // With what these roles granted on.
  const revokes = [...roles].map((role) => `REVOKE ALL ON ${on} FROM ${quoteRole(role)} CASCADE`);
  return buildSteps([...revokes, ...grants]);
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Returns the grants of all privileges but the owner's own. */
function grantAll(on: string, privileges: readonly SourcePrivilege[], owner: string): string[] {
  const groups = new Map<string, string[]>();
  for (const { grantee, grantable, column, privilege } of privileges) {
    if (grantee === owner) continue;
    const ending = `ON ${on} TO ${quoteRole(grantee)}${grantable ? " WITH GRANT OPTION" : ""}`;
    const word = `${privilege.toUpperCase()}${column === undefined ? "" : ` (${quote(column)})`}`;
    groups.set(ending, [...(groups.get(ending) ?? []), word]);
  }
  return [...groups].map(([ending, words]) => `GRANT ${words.join(", ")} ${ending}`);
}

/** Comments of the table, its columns, constraints, indexes and triggers. */
export function carryComments(source: Handover): string[] {
  const { table, bound } = source;
  const name = quoteTable(source);
  const say = (on: string, comment: string | undefined): string[] =>
    comment === undefined ? [] : [`COMMENT ON ${on} IS ${quoteLiteral(comment)}`];
  return [
    ...say(`TABLE ${name}`, table.comment),
    ...table.columns.flatMap((column) => say(`COLUMN ${name}.${quote(column.name)}`, column.comment)),
    ...bound.constraints
      // Those of NO INHERIT and of NOT NULL stay with the former relation, as the constraints do.
      .filter((one) => one.kind !== "foreign" && one.kind !== "notNull" && one.validated && !one.noInherit)
      .flatMap((one) => say(`CONSTRAINT ${quote(one.name)} ON ${name}`, one.comment)),
    ...bound.indexes
      .filter((one) => table.indexes.some(({ name: known, valid }) => known === one.name && valid))
      .flatMap((one) => say(`INDEX ${quoteQualified(table.schema, one.name)}`, one.comment)),
    ...bound.triggers.flatMap((one) => say(`TRIGGER ${quote(one.name)} ON ${name}`, one.comment)),
  ];
}

/** Moves each membership from the former relation to the new one, so that a subscriber misses no change. */
export function carryPublications(source: Handover): Statement[] {
  const { table, formerName } = source;
  return source.publications.flatMap(({ name, member }) => {
    if (!member) return [];
    const spec = { publication: name, where: member.where, columns: member.columns };
    const was = { schema: table.schema, table: formerName };
    return [
      dropTableStatement(was, name, spec),
      addTableStatement(
        { schema: table.schema, table: table.name },
        { ...spec, viaRoot: undefined, create: undefined },
      ),
    ].map((statement) => ({ ...statement, locks: [] }));
  });
}
