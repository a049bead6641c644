import { formatTableId } from "../../core/names/resource-id";
import type { TableName } from "../../core/names/table-name";
import { formatRows } from "../../core/plan/report/counts";
import { listDroppedWithTable } from "../../core/plan/retire/dropped-with-table";
import { formatBytes } from "../../core/size";
import { listManaged } from "../../postgres/read/ownership";
import { goesBack } from "../resources/shared/plain-again";
import { describeHoldings, refuseDestroy } from "../resources/shared/table-problems";
import { registeredWindow } from "../resources/window/registered-window";
import type { Runtime } from "../runtime/runtime";

/** Tables of this stack that its program no longer declares, as lines of a preview. */
interface LeavingTables {
  readonly destroyed: readonly string[];
  /** Destroys that the update will refuse, and what becomes of tables of other tools. */
  readonly warnings: readonly string[];
}

/**
 * Tells what becomes of tables that leave the program: the engine asks a provider about no delete before it runs, so that a
 * preview of its own says neither what is lost nor that the update will refuse it.
 *
 * @param owner `project/stack`
 * @param declared all tables of the program, also through other providers
 */
export async function tellLeavingTables(
  runtime: Runtime,
  owner: string,
  declared: readonly TableName[],
): Promise<LeavingTables> {
  const known = new Set(declared.map(formatTableId));
  const registered = await listManaged(runtime.database);
  const leaving = registered.filter(
    (one) =>
      one.owner === owner && !runtime.declaresTable(one) && !goesBack(runtime, one) && !known.has(formatTableId(one)),
  );
  const destroyed: string[] = [];
  const warnings: string[] = [];
  for (const one of leaving) {
    const observation = await runtime.observe(one);
    const name = `${one.schema}.${one.table}`;
    if (registeredWindow(observation)?.ownsTable === false)
      warnings.push(
        `table "${name}" leaves the program: another tool owns it, so it stays, and only the state forgets it`,
      );
    else if (!runtime.isDestroyAllowed(one))
      warnings.push(
        `table "${name}" leaves the program, and the update will refuse that: ${refuseDestroy(one, observation).message}`,
      );
    else {
      const partitions = listDroppedWithTable(observation).map(
        ({ name: partition, rows, bytes }) =>
          `  drop ${partition} ${rows === undefined ? "rows unknown" : formatRows(rows)}, ${formatBytes(bytes)}: the table leaves the program`,
      );
      destroyed.push(`${name} is destroyed (allowDestroy names it): ${describeHoldings(observation)}`, ...partitions);
    }
  }
  return { destroyed, warnings };
}
