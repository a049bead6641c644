import { z } from "zod";
import type { Observation } from "../../../core/observed/observed-table";
import type { Creation } from "../../../core/plan/create/creation";
import { formatProblem, type Problem } from "../../../core/problems/problem";
import type { FormerPartitions } from "../../../core/plan/declared-partitions";
import { decodePartitionInterval } from "../../../core/declare/table/wire";
import type { WindowSpec } from "../../../core/declare/table/spec";
import { formatInstant, type Instant, parseInstant } from "../../../core/time/instant";
import { isSameInterval } from "../../../core/time/interval";
import { decodeWindow } from "../../../core/window/wire";
import { type DesiredPartition, planWindow } from "../../../core/window/window-partitions";
import type { ResourceContext } from "../../runtime/call-context";
import type { WindowInputs } from "./window-inputs";

/** Returns the window of the last update, from the registry; undefined: none, or one that cannot be read. */
export function registeredWindow(observation: Observation): WindowSpec | undefined {
  const window = decodeWindow(observation.registration?.window);
  return "spec" in window ? window.spec : undefined;
}

const outsideSchema = z.object({
  outside: z.array(z.object({ name: z.string(), from: z.string(), to: z.string() })),
});

/** Returns what the last update declared as resources; an earlier version recorded none outside its window. */
export function readFormerPartitions(observation: Observation): FormerPartitions {
  const { data } = outsideSchema.safeParse(observation.registration?.window);
  return {
    registered: registeredWindow(observation),
    registeredAsOf: registeredAsOf(observation),
    outside: (data?.outside ?? []).map(({ name, ...bounds }) => ({ name, ...decodePartitionInterval(bounds) })),
  };
}

/** Returns the record of those outside the window, for the next update. */
export function encodeOutside(outside: readonly DesiredPartition[]): z.infer<typeof outsideSchema> | undefined {
  if (outside.length === 0) return undefined;
  return {
    outside: outside.map(({ name, from, to }) => ({ name, from: formatInstant(from), to: formatInstant(to) })),
  };
}

/** Refuses to plan on a recorded window that cannot be read: the guard against a cut would be disabled. */
export function registryProblems(observation: Observation): Problem[] {
  const recorded = observation.registration?.window;
  if (recorded === undefined || recorded === null) return [];
  const read = decodeWindow(recorded);
  if ("spec" in read) return [];
  return [
    {
      path: "table",
      code: "conflict",
      message: `the window in the registry of this table cannot be read (${read.problems.map(formatProblem).join("; ")}).`,
      fix: "A newer version may have written it: use that version.",
    },
  ];
}

/** Returns the recorded moment of the window. */
export function registeredAsOf(observation: Observation): Instant | undefined {
  const window = observation.registration?.window;
  if (typeof window !== "object" || window === null || !("asOf" in window) || typeof window.asOf !== "string")
    return undefined;
  return parseInstant(window.asOf, "UTC");
}

/**
 * Warns about a partition that the last update left in place and that is gone: no plan removed it, and writers of its range
 * fail. With partitions as resources the engine trusts its state until a refresh.
 *
 * @param coming partitions that this very preview creates
 */
export function warnOfLost(
  ctx: ResourceContext,
  inputs: WindowInputs,
  observation: Observation,
  creations: readonly Creation[],
  coming: readonly { readonly name: string }[],
): void {
  const isComing = (creation: Creation) =>
    coming.some(({ name }) => name === (creation.kind === "attach" ? creation.detached.name : creation.partition.name));
  const missing = creations.filter(
    (creation) => creation.kind !== "present" && creation.kind !== "restore" && !isComing(creation),
  );
  if (missing.length === 0 || inputs.spec.resources === "window") return;
  const before = registeredWindow(observation);
  const asOf = registeredAsOf(observation);
  if (!before || !asOf) return;
  const stood = planWindow(before, asOf).desired;
  const lost = missing.filter((creation) => stood.some((partition) => isSameInterval(partition, creation.partition)));
  if (lost.length === 0) return;
  const names = lost.map((creation) => `"${creation.partition.name}"`).join(", ");
  ctx.log.warn(
    `table "${inputs.spec.schema}.${inputs.spec.table}" lacks ${names}, which the last update left in place: detached or dropped outside Pulumi. ` +
      "Rows for that range are refused (SQLSTATE 23514). `pulumi up --refresh` brings it back",
  );
}
