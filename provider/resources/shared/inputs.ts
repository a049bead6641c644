import type { z } from "zod";
import { formatProblem, type Problem as CoreProblem } from "../../../core/problems/problem";
import type { Observation } from "../../../core/observed/observed-table";
import { readWire } from "../../../core/declare/table/wire";
import { decodeWindow } from "../../../core/window/wire";
import type { DiffKind, DiffResult, Problem } from "../../runtime/handler";
import { Refusal } from "../../runtime/failures";
import type { PropertyMap } from "../../runtime/values";

/** Converts problems of core for the engine, which prints them under a property. */
export function toFailures(problems: readonly CoreProblem[]): Problem[] {
  return problems.map((problem) => ({ property: problem.path, reason: `${problem.message} ${problem.fix}`.trim() }));
}

/** Reads inputs that Check has already accepted. */
export function requireWire<T extends z.ZodType>(schema: T, inputs: PropertyMap): z.infer<T> {
  const read = readWire(schema, inputs);
  if ("value" in read) return read.value;
  throw new Refusal(`the inputs are not valid: ${read.problems.map(formatProblem).join("; ")}`);
}

/** Throws with every problem, before anything is changed. */
export function refuse(subject: string, problems: readonly CoreProblem[]): never {
  throw new Refusal(`${subject}: ${problems.map(formatProblem).join("\n")}`);
}

/** Converts data of core to properties; undefined values are left out. */
export function toProperties(value: object): PropertyMap {
  return JSON.parse(JSON.stringify(value)) as PropertyMap;
}

/** Compares declared keys one by one, without those of the plan: facts never cause a diff. */
export function diffDeclared(
  oldInputs: PropertyMap,
  news: PropertyMap,
  keys: readonly string[],
): Record<string, DiffKind> {
  const diff: Record<string, DiffKind> = {};
  for (const key of keys) {
    const before = oldInputs[key] ?? null;
    const after = news[key] ?? null;
    if (formatStable(before) === formatStable(after)) continue;
    diff[key] = before === null ? "add" : after === null ? "delete" : "update";
  }
  return diff;
}

export function toDiffResult(detailedDiff: Record<string, DiffKind>): DiffResult {
  return { changes: Object.keys(detailedDiff).length > 0, detailedDiff };
}

/** Returns JSON with sorted keys: the order of properties has no meaning. */
export function formatStable(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Returns the key of an imported table; only the registry shows how numbers and UUIDs are times. */
export function importKey(observation: Observation): PropertyMap {
  const window = decodeWindow(observation.registration?.window);
  const known = "spec" in window ? window.spec.key : undefined;
  return {
    column: observation.table?.key?.columns[0] ?? "",
    encoding: known?.encoding ?? "time",
    zone: known?.zone ?? "UTC",
  };
}
