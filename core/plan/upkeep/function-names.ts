import type { WindowSpec } from "../../declare/table/spec";
import type { Observation } from "../../observed/observed-table";
import type { Problem } from "../../problems/problem";
import { type Alias, buildAliases, planAliases, type TakenName } from "../../schedule/aliases";
import { buildQueryFunctions } from "../../schedule/query-functions";
import { type UpkeepChange, buildUpkeepChange } from "./plan-upkeep";

/** Changes of the functions and views named for callers. */
export interface NamesPlan {
  readonly upkeep: readonly UpkeepChange[];
  readonly problems: readonly Problem[];
}

/** Returns the functions and views that callers use, as declared. */
export function listDeclaredAliases(
  management: string,
  spec: WindowSpec,
  { table }: Pick<Observation, "table">,
): Alias[] {
  return [...buildAliases(management, spec, spec.functionNames), ...buildQueryFunctions(spec, table)];
}

/**
 * Compares the functions and views named for callers with those of the registry. One change for all of them: they are created and
 * dropped in one transaction with their entry in the registry.
 */
export function planFunctionNames(
  management: string,
  spec: WindowSpec,
  observation: Pick<Observation, "table" | "registration">,
  taken: readonly TakenName[],
): NamesPlan {
  const aliases = listDeclaredAliases(management, spec, observation);
  const { statements, differences, problems } = planAliases(aliases, observation.registration?.aliases ?? [], taken);
  if (statements.length === 0) return { upkeep: [], problems };
  const verb = aliases.length > 0 ? "name" : "unname";
  return { upkeep: [buildUpkeepChange(verb, spec.table, differences.join(", "), statements, { aliases })], problems };
}
