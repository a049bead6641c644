import { typeProblems, typesToResolve, withResolvedTypes } from "../../../core/table/alter/types";
import type { ObservedTable } from "../../../core/observed/table";
import type { TableShape } from "../../../core/declare/table/spec";
import { resolveTypes } from "../../../postgres/read/resolve-types";
import type { Runtime } from "../../runtime/runtime";
import { refuse } from "../shared/inputs";

/** Resolves the types of the declared columns on the server; refuses one that the statements of this provider would not find. */
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
