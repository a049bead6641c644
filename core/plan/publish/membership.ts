import { quote } from "../../names/identifier";
import type { Observation } from "../../observed/observed-table";
import type { ObservedMember, ObservedPublication, RegisteredPublication } from "../../observed/replication";
import type { Problem } from "../../problems/problem";
import type { PublicationMemberWire } from "../../declare/table/publications";
import {
  addTableStatement,
  createPublicationStatement,
  dropPublicationStatement,
  dropTableStatement,
  setChangesStatement,
  setViaRootStatement,
} from "../../table/create/publication";
import type { Statement } from "../../sql/statement";
import { isRealtime, findMemberProblems, listMemberWarnings } from "./membership-problems";
import {
  type MembershipContext,
  findPublication,
  predictPublication,
  type PublicationToBe,
  publishesImplicitly,
  findRegistered,
  wasMade,
} from "./publication-to-be";

/** Statements that make the table a member as declared, with notes. */
export interface MembershipPlan {
  readonly problems: readonly Problem[];
  /** In one transaction. */
  readonly statements: readonly Statement[];
  /** True if they create the publication. */
  readonly makes: boolean;
  /** The publication has all tables, or all of the schema: this one need not be added. */
  readonly implicit: boolean;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** Compares a declared membership with pg_publication_rel. */
export function planMembership(context: MembershipContext): MembershipPlan {
  const { spec, observation } = context;
  const found = findPublication(observation, spec.publication);
  if (!found && !spec.create) return refuseMembership(refuseMissing(spec));
  const toBe = predictPublication(context, found);
  const implicit = found !== undefined && publishesImplicitly(found, spec.schema);
  const statements = implicit ? [] : buildMemberStatements(context, toBe);
  return {
    problems: findMemberProblems(context, toBe, implicit, statements.length > 0),
    statements,
    makes: found === undefined,
    implicit,
    notes: collectNotes(context, toBe, implicit),
    warnings: listMemberWarnings(context, toBe),
  };
}

/**
 * Statements by which a table leaves a publication. A publication that this product created is dropped with its last table; any
 * other remains.
 */
interface LeavePlan {
  readonly leave: readonly Statement[];
  readonly drop: readonly Statement[];
}

export function planLeave(spec: PublicationMemberWire, observation: Observation): LeavePlan {
  const found = findPublication(observation, spec.publication);
  if (!found) return { leave: [], drop: [] };
  const rest = found.tables - (found.member ? 1 : 0);
  const made = wasMade(findRegistered(observation, spec.publication), found);
  const last = made && rest === 0 && !found.allTables && found.schemas.length === 0;
  return {
    leave: found.member ? [dropTableStatement(spec, found.name, toDeclared(found.member))] : [],
    drop: last ? [dropPublicationStatement(spec, found.name)] : [],
  };
}

/**
 * Returns the statements of a membership. A row filter or column list needs publish_via_partition_root at every moment: it is
 * switched on before they are added, and off after they are removed.
 */
function buildMemberStatements(context: MembershipContext, toBe: PublicationToBe): Statement[] {
  const { spec } = context;
  const { found } = toBe;
  if (!found) return [createPublicationStatement(spec, spec)];
  const root = toBe.viaRoot === found.viaRoot ? [] : [setViaRootStatement(spec, found.name, toBe.viaRoot)];
  const sameChanges = toBe.changes.join() === found.changes.join();
  return [
    ...(toBe.viaRoot ? root : []),
    ...(sameChanges ? [] : [setChangesStatement(spec, found.name, toBe.changes, found.changes)]),
    ...buildTableStatements(context, found),
    ...(toBe.viaRoot ? [] : root),
  ];
}

function buildTableStatements({ spec, observation }: MembershipContext, found: ObservedPublication): Statement[] {
  if (!found.member) return [addTableStatement(spec, spec)];
  if (isSameMember(spec, found.member, findRegistered(observation, spec.publication))) return [];
  return [dropTableStatement(spec, found.name, toDeclared(found.member)), addTableStatement(spec, spec)];
}

function isSameMember(
  spec: PublicationMemberWire,
  found: ObservedMember,
  registered: RegisteredPublication | undefined,
): boolean {
  if (sortColumns(spec.columns) !== sortColumns(found.columns)) return false;
  if (spec.where === undefined || found.where === undefined) return spec.where === found.where;
  if (registered?.declared === spec.where && registered.printed === found.where) return true;
  return removeOuterBrackets(spec.where) === removeOuterBrackets(found.where);
}

function sortColumns(columns: readonly string[] | undefined): string {
  return columns === undefined ? "all" : JSON.stringify([...columns].sort());
}

/**
 * Removes the parentheses that the server prints around a filter. Nothing else counts as equal: a doubt costs two statements and
 * no row.
 */
export function removeOuterBrackets(expression: string): string {
  const text = expression.trim();
  return text.startsWith("(") && closesAtEnd(text) ? removeOuterBrackets(text.slice(1, -1)) : text;
}

function closesAtEnd(text: string): boolean {
  let depth = 0;
  let quoted: string | undefined;
  for (const [index, character] of [...text].entries()) {
    if (quoted !== undefined) quoted = character === quoted ? undefined : quoted;
    else if (character === "'" || character === '"') quoted = character;
    else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    if (depth === 0) return index === [...text].length - 1;
  }
  return false;
}

function toDeclared(member: ObservedMember): Pick<PublicationMemberWire, "where" | "columns"> {
  return {
    ...(member.where === undefined ? {} : { where: removeOuterBrackets(member.where) }),
    ...(member.columns === undefined ? {} : { columns: [...member.columns] }),
  };
}

function collectNotes({ spec, profile }: MembershipContext, toBe: PublicationToBe, implicit: boolean): string[] {
  const table = `${spec.schema}.${spec.table}`;
  const whole = toBe.found?.allTables ? "all tables" : `all tables of schema "${spec.schema}"`;
  const secured = (profile.rowSecurity?.enable ?? false) && spec.where === undefined && !isRealtime(toBe.name);
  return [
    ...(implicit ? [`"${toBe.name}" publishes ${whole}: ${table} is in it without a statement`] : []),
    toBe.viaRoot
      ? `subscribers see every row as ${table}; ATTACH, DETACH and TRUNCATE of a partition are not sent`
      : `publish_via_partition_root is false: subscribers see each row under the name of its partition, and every partition, also one created later, is published by itself`,
    ...(secured
      ? [
          "row-level security does not apply to a stream: every reader of the publication gets every row; `where` narrows it",
        ]
      : []),
  ];
}

function refuseMembership(problem: Problem): MembershipPlan {
  return { problems: [problem], statements: [], makes: false, implicit: false, notes: [], warnings: [] };
}

function refuseMissing(spec: PublicationMemberWire): Problem {
  return {
    path: "publication",
    code: "conflict",
    message: `publication "${spec.publication}" does not exist in the database.`,
    fix: `Create it first (CREATE PUBLICATION ${quote(spec.publication)}), or declare create: true and it is created here.`,
  };
}
