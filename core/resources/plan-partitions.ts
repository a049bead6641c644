import { z } from "zod";
import { decodePartitionInterval, PARTITION_STATUSES, type PartitionStatus } from "../declare/table/wire";
import type { DeclaredPartition } from "../plan/declared-partitions";
import { checkSchemaType } from "../same-type";
import { formatInstant } from "../time/instant";
import { formatToken } from "./resource-type";

/** The function by which a program learns which partitions to declare. */
export const PLAN_PARTITIONS = formatToken("planPartitions");

/** Its question. `window`: the inputs that the table's PartitionWindow will have, with `asOf`. */
export const planPartitionsInputs = z.object({ window: z.unknown() });

interface PartitionToDeclare {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly status?: PartitionStatus;
  readonly stays?: boolean;
}

/** Its answer; the engine answers for a provider that is not known yet, and then there are no partitions. */
export const planPartitionsOutputs = z.object({
  partitions: z
    .array(
      checkSchemaType<PartitionToDeclare>()(
        z.object({
          name: z.string(),
          from: z.string(),
          to: z.string(),
          status: z.enum(PARTITION_STATUSES).optional(),
          stays: z.boolean().optional(),
        }),
      ),
    )
    .optional(),
});

export function encodePartitionsAnswer(
  partitions: readonly DeclaredPartition[],
): z.infer<typeof planPartitionsOutputs> {
  return { partitions: partitions.map(encodeDeclared) };
}

function encodeDeclared({ name, from, to, status, stays }: DeclaredPartition): PartitionToDeclare {
  return {
    name,
    from: formatInstant(from),
    to: formatInstant(to),
    ...(status ? { status } : {}),
    ...(stays ? { stays } : {}),
  };
}

/** Returns undefined if there was no answer: the provider is not known yet. */
export function decodePartitionsAnswer(answer: unknown): DeclaredPartition[] | undefined {
  const { data } = planPartitionsOutputs.safeParse(answer);
  return data?.partitions?.map(({ name, from, to, status, stays }) => ({
    name,
    ...decodePartitionInterval({ from, to }),
    ...(status ? { status } : {}),
    ...(stays ? { stays } : {}),
  }));
}
