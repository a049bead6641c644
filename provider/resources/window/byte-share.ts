import { listTimePartitions } from "../../../core/partition/branch/desired-branches";
import { formatTableId } from "../../../core/names/resource-id";
import { type ByteClaim, type ByteLimit, listClaims } from "../../../core/plan/retire/byte-limit";
import { planRetirement } from "../../../core/plan/retire/plan-retirement";
import { isConfirmed } from "../../../core/plan/retire/confirmation";
import { parseSize } from "../../../core/size";
import type { WindowSpec } from "../../../core/declare/table/spec";
import { decodeWindow } from "../../../core/window/wire";
import { listManaged } from "../../../postgres/read/ownership";
import type { Runtime } from "../../runtime/runtime";
import { readKeeping } from "./plan-context";

/**
 * Returns one table's share of maxBytesPerUpdate. The other tables are counted by the rule of their last update, once in a run
 * and before it changes anything: so each table has the same share in preview and in the update, in whatever order they come.
 */
export async function computeByteLimit(runtime: Runtime, spec: WindowSpec): Promise<ByteLimit | undefined> {
  const said = runtime.config.maxBytesPerUpdate;
  const bytes = said === undefined ? undefined : parseSize(said);
  if (said === undefined || bytes === undefined) return undefined;
  const claims = await runtime.runOnce("claims", () => readClaims(runtime));
  const own = formatTableId(spec);
  return { bytes, declared: said, others: claims.filter(({ table }) => table !== own) };
}

async function readClaims(runtime: Runtime): Promise<ByteClaim[]> {
  const claims: ByteClaim[] = [];
  for (const { window } of await listManaged(runtime.database)) {
    const read = decodeWindow(window);
    if ("spec" in read) claims.push(...(await listTableClaims(runtime, read.spec)));
  }
  return claims;
}

async function listTableClaims(runtime: Runtime, spec: WindowSpec): Promise<ByteClaim[]> {
  const found = await runtime.observe(spec, spec.key);
  if (!found.table) return [];
  const observation = { ...found, table: { ...found.table, partitions: listTimePartitions(spec, found.table) } };
  const clocks = runtime.getClocks(found.now, found);
  // Partitions that are held back take no share: they would take it in every update.
  const keeping = await readKeeping(runtime, spec, observation, clocks);
  const { due } = planRetirement(spec, spec, observation, clocks, keeping);
  return listClaims(formatTableId(spec), due, ({ table }) => isConfirmed(table.bounds, spec, found.ledger));
}
