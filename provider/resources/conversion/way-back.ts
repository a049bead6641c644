import { listLeaving } from "../../../core/conversion/back/back-source";
import type { ConversionState, DeclaredAttach } from "../../../core/resources/conversion";
import type { Statement } from "../../../core/sql/statement";
import type { ResourceContext } from "../../runtime/call-context";
import type { Runtime } from "../../runtime/runtime";
import { refuse } from "../shared/inputs";
import { showStatements } from "../shared/show";
import { readConversion } from "./read-conversion";
import { requireBackup } from "./require-backup";
import type { Reversible } from "./read-way-back";

/** Prints the statements of the way back. */
export function previewWayBack(
  ctx: ResourceContext,
  { schema, table }: DeclaredAttach,
  { source, rows, plan }: Reversible,
): void {
  const { history, bound } = source;
  const leaving = listLeaving(source).map(({ name }) => name);
  const key = source.plain.primaryKey ? `, with the primary key (${source.plain.primaryKey.columns.join(", ")})` : "";
  const heading =
    `way back of ${schema}.${table}: ${history.name} is the plain table ${table} again${key}; ` +
    `${rows.count.toLocaleString("en")} rows of other partitions move into it, and then ${leaving.length === 0 ? "no partition" : leaving.join(", ")} goes with the partitioned table (no row is lost)`;
  const checked = bound.referring.length === 0 ? [] : ["foreign keys that point to it are validated after the swap"];
  showStatements(ctx, heading, [...plan.prepare, ...plan.swap, ...plan.settle], checked);
}

/**
 * Builds the former key, and then makes the table plain again in one transaction. What came between is named as in a preview:
 * two rows that got one former key after it was checked, or too many rows.
 */
export async function takeBack(
  ctx: ResourceContext,
  runtime: Runtime,
  declared: DeclaredAttach,
  first: Reversible,
  execute: (statements: readonly Statement[]) => Promise<void>,
): Promise<ConversionState> {
  const name = `${declared.schema}.${declared.table}`;
  const read = async (): Promise<Reversible> => {
    const reading = await readConversion(runtime, declared);
    if (reading.kind === "refused") refuse(`way back of "${name}"`, reading.problems);
    if (reading.kind !== "reversible") throw new Error(`table "${name}" was altered meanwhile; run the update again`);
    return reading;
  };
  const run = async (statements: readonly Statement[]): Promise<void> => {
    try {
      await execute(statements);
    } catch (error) {
      if (!ctx.signal.aborted) await read();
      throw error;
    }
  };
  await run(first.plan.prepare);
  await requireBackup(runtime, declared);
  const { source, plan, recorded } = first.plan.prepare.length > 0 ? await read() : first;
  await run(recorded);
  runtime.database.invalidate(declared.schema, declared.table);
  ctx.log.info(
    `table ${name} is plain again: it was ${source.history.name}, and has the rows of the other partitions as well`,
  );
  const left = await listLeft(runtime, declared);
  if (left.length > 0)
    ctx.log.warn(`${left.join(", ")} had left table ${name} before: they remain as they are, unmanaged`);
  await execute(plan.settle);
  return "plain";
}

/** Tables that retirement detached before, and that nothing drops any more. */
async function listLeft(runtime: Runtime, declared: DeclaredAttach): Promise<string[]> {
  const { detached } = await runtime.observeAgain(declared, declared.key);
  return detached.map(({ schema, name }) => `${schema}.${name}`);
}
