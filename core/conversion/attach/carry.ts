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
import type { SourcePrivilege } from "../source";
import { type AttachSource, quoteTable } from "./attach-source";

// What LIKE and ATTACH do not give the partitioned table, and the plain one has.

/** Owner, settings of columns, replica identity. */
export function carrySettings(source: AttachSource): string[] {
  const { table, bound } = source;
  const alter = `ALTER TABLE ${quoteTable(source)}`;
  const identity = bound.carried.replicaIdentity.kind;
  return [
    ...(table.rights.role === table.owner ? [] : [`${alter} OWNER TO ${quote(table.owner)}`]),
    ...bound.columns.flatMap(({ name, statistics, options = {} }) => [
      ...(statistics === undefined ? [] : [`${alter} ALTER COLUMN ${quote(name)} SET STATISTICS ${statistics}`]),
      ...(Object.keys(options).length === 0
        ? []
        : [`${alter} ALTER COLUMN ${quote(name)} SET (${formatOptions(options)})`]),
    ]),
    ...(identity === "full" || identity === "nothing" ? [`${alter} REPLICA IDENTITY ${identity.toUpperCase()}`] : []),
  ];
}

export function formatOptions(options: Readonly<Record<string, string>>): string {
  return Object.entries(options)
    .map(([name, value]) => `${quote(name)} = ${quoteLiteral(value)}`)
    .join(", ");
}

/** Statistics objects under their former names. */
export function carryStatistics({ bound }: AttachSource): string[] {
  return bound.statistics.flatMap(({ schema, name, definition, target, comment }) => [
    definition,
    ...(target === undefined ? [] : [`ALTER STATISTICS ${quoteQualified(schema, name)} SET STATISTICS ${target}`]),
    ...(comment === undefined
      ? []
      : [`COMMENT ON STATISTICS ${quoteQualified(schema, name)} IS ${quoteLiteral(comment)}`]),
  ]);
}

/** Row security, policies and exactly the privileges of the plain table, before another session can see the new one. */
export function carryAccess(source: AttachSource): Statement[] {
  const { table, bound } = source;
  const relation: Relation = { schema: table.schema, name: table.name, role: "parent", fresh: true };
  const policies = bound.carried.policies.map((policy) => ({ spec: toPolicySpec(policy), same: () => false }));
  const off = { enabled: false, forced: false };
  const transaction = undefined;
  return [
    ...buildRowSecurityStatements(relation, "", bound.carried.rowSecurity, off),
    ...buildPolicyStatements(relation, "", policies, []),
    ...buildFreshGrantStatements(relation, "", [], source.defaultGrantees),
    ...grantAll(`TABLE ${quoteTable(source)}`, bound.privileges, table.owner).map((sql): Statement => ({
      sql,
      transaction,
      timeouts: "light",
      locks: [],
      hold: "instant",
      hazards: [],
      undo: "rolled back with the swap",
    })),
  ];
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
export function carryComments(source: AttachSource): string[] {
  const { table, bound } = source;
  const name = quoteTable(source);
  const say = (on: string, comment: string | undefined): string[] =>
    comment === undefined ? [] : [`COMMENT ON ${on} IS ${quoteLiteral(comment)}`];
  return [
    ...say(`TABLE ${name}`, table.comment),
    ...table.columns.flatMap((column) => say(`COLUMN ${name}.${quote(column.name)}`, column.comment)),
    ...bound.constraints
      .filter((one) => one.kind !== "foreign" && one.validated)
      .flatMap((one) => say(`CONSTRAINT ${quote(one.name)} ON ${name}`, one.comment)),
    ...bound.indexes
      .filter((one) => table.indexes.some(({ name: known, valid }) => known === one.name && valid))
      .flatMap((one) => say(`INDEX ${quoteQualified(table.schema, one.name)}`, one.comment)),
    ...bound.triggers.flatMap((one) => say(`TRIGGER ${quote(one.name)} ON ${name}`, one.comment)),
  ];
}

/** Moves each membership from the history to the partitioned table, so that a subscriber misses no change. */
export function carryPublications(source: AttachSource): Statement[] {
  const { table, historyName } = source;
  return source.publications.flatMap(({ name, member }) => {
    if (!member) return [];
    const spec = { publication: name, where: member.where, columns: member.columns };
    const was = { schema: table.schema, table: historyName };
    return [
      dropTableStatement(was, name, spec),
      addTableStatement(
        { schema: table.schema, table: table.name },
        { ...spec, viaRoot: undefined, create: undefined },
      ),
    ].map((statement) => ({ ...statement, locks: [] }));
  });
}
