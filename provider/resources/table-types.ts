import { typeProblems, typesToResolve, withResolvedTypes } from "../../core/alter/types";
import type { ObservedTable } from "../../core/observed";
import type { TableShape } from "../../core/spec/spec";
import { resolveTypes } from "../../postgres/resolve-types";
import type { Runtime } from "../runtime";
import { refuse } from "./inputs";

/** The declared columns by the types that the server resolves; refuses one that a statement of ours would not find. */
export async function settleTypes(
  runtime: Runtime,
  shape: TableShape,
  table: ObservedTable | undefined,
): Promise<TableShape> {
  const resolved = await resolveTypes(runtime.database, typesToResolve(shape, table));
  const problems = typeProblems(shape, resolved);
  if (problems.length > 0) refuse(`table "${shape.schema}.${shape.table}"`, problems);
  return withResolvedTypes(shape, resolved);
}
