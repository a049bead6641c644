import type { CarriedState, ObservedPolicy } from "../../observed/table";
import type { RegisteredPolicy } from "../../observed/registration";
import type { GrantSpec, PolicySpec, RowSecuritySpec } from "../../declare/table/security";
import type { Statement } from "../../sql/statement";
import type { Relation } from "../../sql/relation";
import {
  grantChanges,
  grantStatements,
  policySpecOf,
  policyStatements,
  policyText,
  rowSecurityStatements,
} from "./security-statements";
import { sameHead } from "./wanted";

/** What is declared about who may do what with the table itself. Undefined parts are not managed. */
export interface DeclaredAccess {
  readonly rowSecurity?: RowSecuritySpec | undefined;
  readonly grants?: readonly GrantSpec[] | undefined;
}

/** How the server prints the expressions of a policy. */
export type PrintedPolicy = RegisteredPolicy["printed"];

/** What is known about how declared policies look once the server has them. */
interface KnownPrints {
  readonly registered: readonly RegisteredPolicy[];
  /** As the server prints the declared text today, by name; asked only where the registry does not settle it. */
  readonly asked: ReadonlyMap<string, PrintedPolicy>;
}

export interface RowPolicyPlan {
  /** One transaction: there is no moment with row security on and without its policies. */
  readonly statements: readonly Statement[];
  /** The same in words, one for each thing that changes; empty when the table is as declared. */
  readonly work: readonly string[];
}

/** Brings the access rules of the table to what is declared. What nobody declared goes: the declaration is the whole set. */
export function planRowPolicy(
  table: Relation,
  declared: DeclaredAccess,
  found: CarriedState,
  prints: KnownPrints,
): RowPolicyPlan {
  const transaction = rowPolicyTransaction({ schema: table.schema, table: table.name });
  const { rowSecurity, grants } = declared;
  const policies = rowSecurity?.policies;
  const wanted = (policies ?? []).map((spec) => ({
    spec,
    same: (policy: ObservedPolicy) => samePolicy(spec, policy, prints),
  }));
  const flags = rowSecurity && { enabled: rowSecurity.enable, forced: rowSecurity.force };
  return {
    statements: [
      ...(flags ? rowSecurityStatements(table, transaction, flags, found.rowSecurity) : []),
      ...(policies ? policyStatements(table, transaction, wanted, found.policies) : []),
      ...(grants ? grantStatements(table, transaction, grants, found.grants) : []),
    ],
    work: [
      ...(flags ? flagWork(flags, found.rowSecurity) : []),
      ...(policies ? policyWork(policies, found.policies, prints) : []),
      ...(grants ? grantChanges(grants, found.grants).map(({ words }) => words) : []),
    ],
  };
}

/** Names the one transaction of a change, for what is entered in the registry with it. */
export function rowPolicyTransaction(table: { readonly schema: string; readonly table: string }): string {
  return `row policy ${table.schema}.${table.table}`;
}

/** Declared policies whose expressions the registry does not settle: the server has to be asked how it prints them. */
export function unsettledPolicies(
  declared: DeclaredAccess,
  found: readonly ObservedPolicy[],
  registered: readonly RegisteredPolicy[],
): PolicySpec[] {
  const prints = { registered, asked: new Map<string, PrintedPolicy>() };
  return (declared.rowSecurity?.policies ?? []).filter(
    (spec) => !found.some((policy) => policy.name === spec.name && samePolicy(spec, policy, prints)),
  );
}

/** How declared policies are entered in the registry. */
export function declaredPolicies(declared: DeclaredAccess): Pick<RegisteredPolicy, "name" | "declared">[] {
  return (declared.rowSecurity?.policies ?? []).map((spec) => ({ name: spec.name, declared: policyText(spec) }));
}

/**
 * By the text that was declared and the text that the server made of it when it was applied; where the registry does not
 * know it, by what the server makes of it today.
 */
function samePolicy(spec: PolicySpec, found: ObservedPolicy, { registered, asked }: KnownPrints): boolean {
  if (!sameHead(spec, found)) return false;
  const today = asked.get(spec.name);
  return isSettled(spec, found, registered) || (today !== undefined && hasPrint(found, today));
}

/** Known to be the same without asking: by the registry, or because the declaration is in the server's own words. */
function isSettled(spec: PolicySpec, found: ObservedPolicy, registered: readonly RegisteredPolicy[]): boolean {
  const known = recorded(spec, registered);
  const words = { using: spec.using ?? null, withCheck: spec.withCheck ?? null };
  return hasPrint(found, words) || (known !== undefined && hasPrint(found, known));
}

function hasPrint(found: ObservedPolicy, printed: PrintedPolicy): boolean {
  return (found.using ?? null) === printed.using && (found.withCheck ?? null) === printed.withCheck;
}

function recorded(spec: PolicySpec, registered: readonly RegisteredPolicy[]): PrintedPolicy | undefined {
  return registered.find((one) => one.name === spec.name && one.declared === policyText(spec))?.printed;
}

function flagWork(wanted: CarriedState["rowSecurity"], found: CarriedState["rowSecurity"]): string[] {
  return [
    ...(wanted.enabled === found.enabled ? [] : [`${wanted.enabled ? "enable" : "disable"} row security`]),
    ...(wanted.forced === found.forced
      ? []
      : [wanted.forced ? "force row security on the owner" : "let the owner pass row security"]),
  ];
}

function policyWork(declared: readonly PolicySpec[], found: readonly ObservedPolicy[], prints: KnownPrints): string[] {
  const undeclared = found.filter((policy) => !declared.some((spec) => spec.name === policy.name));
  return [
    ...undeclared.map((policy) => `drop policy "${policy.name}": not declared (${policyText(policySpecOf(policy))})`),
    ...declared.flatMap((spec) => {
      const there = found.find((policy) => policy.name === spec.name);
      if (!there) return [`create policy "${spec.name}"`];
      if (!samePolicy(spec, there, prints)) return [`change policy "${spec.name}"`];
      return isSettled(spec, there, prints.registered) ? [] : [`record policy "${spec.name}"`];
    }),
  ];
}
