// What a checked plan names, and an update looks for in fresh facts.
import { expect, test } from "vitest";
import { planCreateChanges } from "../../../core/plan/create-changes";
import { hasWork, listWork } from "../../../core/plan/change/work";
import { parseInstant } from "../../../core/time/instant";

const partition = (name: string, from: string, to: string) => ({
  kind: "create" as const,
  lost: false,
  partition: { name, from: parseInstant(from, "UTC"), to: parseInstant(to, "UTC") },
});

test("names every one of many creations, also where branches are cut in other lengths", () => {
  const months = Array.from({ length: 20 }, (_, index) => {
    const [year, month] = [2024 + Math.floor(index / 12), 1 + (index % 12)];
    const at = (n: number) => `${n > 12 ? year + 1 : year}-${String(n > 12 ? 1 : n).padStart(2, "0")}-01`;
    return partition(`m${index}`, at(month), at(month + 1));
  });
  // A week that begins before the first month, between others, and one that ends after the last.
  const weeks = [partition("w1", "2023-12-25", "2024-01-08"), partition("w2", "2025-08-25", "2025-09-08")];
  const [first, ...others] = months;
  const creations = [...(first ? [first] : []), ...weeks, ...others];
  const work = listWork(planCreateChanges(undefined, [], creations), { resources: "window" });
  expect(work).toHaveLength(1);
  for (const one of creations) expect(hasWork(work, "create", one.partition)).toBe(true);
  expect(hasWork(work, "create", partition("other", "2023-11-01", "2023-12-01").partition)).toBe(false);
});
