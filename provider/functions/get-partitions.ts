import { z } from "zod";
import { checkSchemaType } from "../../core/same-type";
import { formatInterval } from "../../core/time/interval";
import type { ProviderFunction } from "../runtime/provider-module";
import type { Runtime } from "../runtime/runtime";
import type { PropertyMap } from "../runtime/values";

export const getPartitionsInputs = z.object({ schema: z.string().optional(), table: z.string() });

interface PartitionInfo {
  readonly name: string;
  readonly bounds: string;
  readonly rows?: number;
  readonly bytes: number;
  readonly detachPending: boolean;
}

export const getPartitionsOutputs = z.object({
  partitions: z.array(
    checkSchemaType<PartitionInfo>()(
      z.object({
        name: z.string(),
        bounds: z.string(),
        rows: z.number().optional(),
        bytes: z.number(),
        detachPending: z.boolean(),
      }),
    ),
  ),
});

/** Implements `pgpartition:index:getPartitions`: the present partitions of a table. Reads only. */
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
        partitions: found.partitions.map((partition): PropertyMap & PartitionInfo => ({
          name: partition.name,
          bounds: partition.bounds ? formatInterval(partition.bounds) : partition.boundsText,
          ...(partition.rows === undefined ? {} : { rows: partition.rows }),
          bytes: partition.bytes,
          detachPending: partition.detachPending,
        })),
      },
    };
  };
}
