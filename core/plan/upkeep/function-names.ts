import type { WindowSpec } from "../../declare/table/spec";
import type { RegisteredAlias } from "../../observed/registration";
import type { Problem } from "../../problems/problem";
import { buildAliases, planAliases, type TakenName } from "../../schedule/aliases";
import { type UpkeepChange, buildUpkeepChange } from "./plan-upkeep";

/** Changes of the functions and views named for callers. */
export interface NamesPlan {
  readonly upkeep: readonly UpkeepChange[];
  readonly problems: readonly Problem[];
}

/**
 * Compares the functions and views named for callers with those of the registry. One change for all of them: they are created and
 * dropped in one transaction with their entry in the registry.
 */
export function planFunctionNames(
  management: string,
  spec: WindowSpec,
  registered: readonly RegisteredAlias[],
  taken: readonly TakenName[],
): NamesPlan {
  const aliases = buildAliases(management, spec, spec.functionNames);
  const { statements, differences, problems } = planAliases(aliases, registered, taken);
  if (statements.length === 0) return { upkeep: [], problems };
  const verb = aliases.length > 0 ? "name" : "unname";
  return { upkeep: [buildUpkeepChange(verb, spec.table, differences.join(", "), statements, { aliases })], problems };
}
