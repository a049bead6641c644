import type { CarriedState, ObservedPolicy } from "../../observed/observed-table";
import type { RegisteredPolicy } from "../../observed/registration";
import type { GrantSpec, PolicySpec, RowSecuritySpec } from "../../declare/table/security";
import type { Statement } from "../../sql/statement";
import type { Relation } from "../../sql/relation";
import {
  planGrantChanges,
  buildGrantStatements,
  toPolicySpec,
  buildPolicyStatements,
  formatPolicy,
  buildRowSecurityStatements,
} from "./security-statements";
import { hasSameHead } from "./wanted";

/** Declared access to the table itself. Undefined parts are not managed. */
export interface DeclaredAccess {
  readonly rowSecurity?: RowSecuritySpec | undefined;
  readonly grants?: readonly GrantSpec[] | undefined;
}

/** Expressions of a policy as the server prints them. */
export type PrintedPolicy = RegisteredPolicy["printed"];

/** Known printed forms of declared policies. */
interface KnownPrints {
  readonly registered: readonly RegisteredPolicy[];
  /** The server's current form of the declared text, by name; queried only if the registry does not settle it. */
  readonly asked: ReadonlyMap<string, PrintedPolicy>;
}

export interface RowPolicyPlan {
  /** One transaction, so that row security is never on without its policies. */
  readonly statements: readonly Statement[];
  /** The same in words, one for each change; empty if the table is as declared. */
  readonly work: readonly string[];
}

/** Aligns the access rules of the table with the declaration, which is the complete set: undeclared ones are removed. */
export function planRowPolicy(
  table: Relation,
  declared: DeclaredAccess,
  found: CarriedState,
  prints: KnownPrints,
): RowPolicyPlan {
  const transaction = nameRowPolicyTransaction({ schema: table.schema, table: table.name });
  const { rowSecurity, grants } = declared;
  const policies = rowSecurity?.policies;
  const wanted = (policies ?? []).map((spec) => ({
    spec,
    same: (policy: ObservedPolicy) => isSamePolicy(spec, policy, prints),
  }));
  const flags = rowSecurity && { enabled: rowSecurity.enable, forced: rowSecurity.force };
  return {
    statements: [
      ...(flags ? buildRowSecurityStatements(table, transaction, flags, found.rowSecurity) : []),
      ...(policies ? buildPolicyStatements(table, transaction, wanted, found.policies) : []),
      ...(grants ? buildGrantStatements(table, transaction, grants, found.grants) : []),
    ],
    work: [
      ...(flags ? listFlagWork(flags, found.rowSecurity) : []),
      ...(policies ? listPolicyWork(policies, found.policies, prints) : []),
      ...(grants ? planGrantChanges(grants, found.grants).map(({ words }) => words) : []),
    ],
  };
}

/** Returns the name of the transaction of a change, shared with its registry entries. */
export function nameRowPolicyTransaction(table: { readonly schema: string; readonly table: string }): string {
  return `row policy ${table.schema}.${table.table}`;
}

/** Returns declared policies whose expressions the registry does not settle: the server has to print them. */
export function listUnsettledPolicies(
  declared: DeclaredAccess,
  found: readonly ObservedPolicy[],
  registered: readonly RegisteredPolicy[],
): PolicySpec[] {
  const prints = { registered, asked: new Map<string, PrintedPolicy>() };
  return (declared.rowSecurity?.policies ?? []).filter(
    (spec) => !found.some((policy) => policy.name === spec.name && isSamePolicy(spec, policy, prints)),
  );
}

/** Returns declared policies for the registry. */
export function listDeclaredPolicies(declared: DeclaredAccess): Pick<RegisteredPolicy, "name" | "declared">[] {
  return (declared.rowSecurity?.policies ?? []).map((spec) => ({ name: spec.name, declared: formatPolicy(spec) }));
}

/**
 * Compares by the declared text and the server's form of it when it was applied; if the registry lacks that, by the server's
 * current form.
 */
function isSamePolicy(spec: PolicySpec, found: ObservedPolicy, { registered, asked }: KnownPrints): boolean {
  if (!hasSameHead(spec, found)) return false;
  const today = asked.get(spec.name);
  return isSettled(spec, found, registered) || (today !== undefined && hasPrint(found, today));
}

/**
 * True if the policies are known to be equal without a query: by the registry, or because the declaration is in the server's
 * words.
 */
function isSettled(spec: PolicySpec, found: ObservedPolicy, registered: readonly RegisteredPolicy[]): boolean {
  const known = findRecorded(spec, registered);
  const words = { using: spec.using ?? null, withCheck: spec.withCheck ?? null };
  return hasPrint(found, words) || (known !== undefined && hasPrint(found, known));
}

function hasPrint(found: ObservedPolicy, printed: PrintedPolicy): boolean {
  return (found.using ?? null) === printed.using && (found.withCheck ?? null) === printed.withCheck;
}

function findRecorded(spec: PolicySpec, registered: readonly RegisteredPolicy[]): PrintedPolicy | undefined {
  return registered.find((one) => one.name === spec.name && one.declared === formatPolicy(spec))?.printed;
}

function listFlagWork(wanted: CarriedState["rowSecurity"], found: CarriedState["rowSecurity"]): string[] {
  return [
    ...(wanted.enabled === found.enabled ? [] : [`${wanted.enabled ? "enable" : "disable"} row security`]),
    ...(wanted.forced === found.forced
      ? []
      : [wanted.forced ? "force row security on the owner" : "let the owner pass row security"]),
  ];
}

function listPolicyWork(
  declared: readonly PolicySpec[],
  found: readonly ObservedPolicy[],
  prints: KnownPrints,
): string[] {
  const undeclared = found.filter((policy) => !declared.some((spec) => spec.name === policy.name));
  return [
    ...undeclared.map((policy) => `drop policy "${policy.name}": not declared (${formatPolicy(toPolicySpec(policy))})`),
    ...declared.flatMap((spec) => {
      const there = found.find((policy) => policy.name === spec.name);
      if (!there) return [`create policy "${spec.name}"`];
      if (!isSamePolicy(spec, there, prints)) return [`change policy "${spec.name}"`];
      return isSettled(spec, there, prints.registered) ? [] : [`record policy "${spec.name}"`];
    }),
  ];
}
