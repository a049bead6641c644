import { decodeProfile } from "../../../core/declare/table/profile";
import { toPolicySpec, formatPolicy } from "../../../core/partition/carry/security-statements";
import { rewritePolicy, hasSameHead } from "../../../core/partition/carry/wanted";
import type { Observation, ObservedPolicy } from "../../../core/observed/observed-table";
import type { Problem as CoreProblem } from "../../../core/problems/problem";
import type { PolicySpec, RowSecuritySpec } from "../../../core/declare/table/security";
import { readCarried } from "../../../postgres/read/detached-shape";
import type { TableName } from "../../../core/names/table-name";
import type { Runtime } from "../../runtime/runtime";

type ResolvedSecurity = { readonly security: RowSecuritySpec | undefined } | { readonly problem: CoreProblem };

/**
 * Replaces `copyFrom` by the policies it refers to, so that later code sees plain policies and a change at the source is a
 * change here.
 */
export async function resolvePolicies(
  runtime: Runtime,
  table: TableName,
  declared: RowSecuritySpec | undefined,
): Promise<ResolvedSecurity> {
  const source = declared?.copyFrom;
  if (!declared || !source) return { security: declared };
  const found = await readSourcePolicies(runtime, source);
  if (found === "missing") return { problem: refuseMissingSource(source) };
  const from = { schema: source.schema, name: source.table };
  const policies = found.map((policy) => rewritePolicy(policy, from, table.table));
  return { security: { ...declared, policies: policies.sort((a, b) => (a.name < b.name ? -1 : 1)) } };
}

async function readSourcePolicies(runtime: Runtime, source: TableName): Promise<readonly PolicySpec[] | "missing"> {
  // A table declared earlier in this program: its future policies count, not its present ones.
  const here = runtime.getProfile(source)?.rowSecurity?.policies;
  if (here) return here;
  const observation = await runtime.observe(source);
  const { table } = observation;
  if (!table || table.kind === "other") return "missing";
  const carried = table.carried ?? (await readCarried(runtime.database, table.oid));
  return carried ? carried.policies.map((policy) => toDeclared(policy, observation)) : "missing";
}

/** Returns the declared text if the registry has it: the server's own would look like another declaration. */
function toDeclared(policy: ObservedPolicy, { registration }: Pick<Observation, "registration">): PolicySpec {
  const spec = decodeProfile(registration?.profile).rowSecurity?.policies?.find(({ name }) => name === policy.name);
  const recorded = registration?.policies.find(({ name }) => name === policy.name);
  const same =
    spec &&
    recorded?.declared === formatPolicy(spec) &&
    hasSameHead(spec, policy) &&
    recorded.printed.using === (policy.using ?? null) &&
    recorded.printed.withCheck === (policy.withCheck ?? null);
  return same ? spec : toPolicySpec(policy);
}

function refuseMissingSource(source: TableName): CoreProblem {
  return {
    path: "rowSecurity.copyFrom",
    code: "invalid-value",
    message: `table "${source.schema}.${source.table}", whose policies are to be copied, does not exist.`,
    fix: "Name a table that exists; one of the same program must be declared before, or named in dependsOn.",
  };
}
