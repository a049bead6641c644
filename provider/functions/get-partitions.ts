import { formatInterval } from "../../core/time/interval";
import type { ProviderFunction } from "../provider-module";
import type { Runtime } from "../runtime";

/** `pgpartition:index:getPartitions`: the partitions of a table as they are now. Reads only. */
export function getPartitions(runtime: Runtime): ProviderFunction {
  return async (_ctx, { args }) => {
    const { schema = "public", table } = args;
    if (typeof table !== "string" || typeof schema !== "string") {
      return { result: {}, failures: [{ property: "table", reason: "the name of the table is missing" }] };
    }
    const { table: found } = await runtime.observe({ schema, table });
    if (!found)
      return { result: {}, failures: [{ property: "table", reason: `table "${schema}.${table}" does not exist` }] };
    return {
      result: {
        partitions: found.leaves.map((leaf) => ({
          name: leaf.name,
          bounds: leaf.bounds ? formatInterval(leaf.bounds) : leaf.boundsText,
          ...(leaf.rows === undefined ? {} : { rows: leaf.rows }),
          bytes: leaf.bytes,
          detachPending: leaf.detachPending,
        })),
      },
    };
  };
}
