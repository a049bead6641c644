import { describe, expect, test } from "vitest";
import { createBranchSteps } from "../../../../core/partition/branch/branch-steps";
import { buildPlannedParent } from "../../../../core/partition/carry/parent";
import { planWindow } from "../../../../core/window/window-partitions";
import { AS_OF, spec } from "./support";

describe("the statements of a branch", () => {
  const branch = (children: number) => ({
    name: "p",
    path: ["a"],
    level: {
      kind: "list" as const,
      column: "program_id",
      values: ["a"],
      name: "",
      slug: true,
      cleanupAfter: undefined,
    },
    cut: { strategy: "list" as const, column: "site_id" },
    partitions: [],
    children: Array.from({ length: children }, (_, index) => ({
      name: `p_${String(index)}`,
      path: ["a", String(index)],
      level: { kind: "list" as const, column: "site_id", values: [], name: "", slug: true, cleanupAfter: undefined },
      cut: { strategy: "range" as const, column: "created_at" },
      partitions: planWindow(spec().window, AS_OF, `p_${String(index)}`).desired,
      children: [],
    })),
  });
  const root = { schema: "public", name: "petri_observations", path: [] };
  const ends = (references: readonly string[], done: readonly string[] = []) =>
    createBranchSteps({ ...buildPlannedParent(spec()), references }, root, branch(2), new Set(done)).map(
      ({ statements }) => `${String(statements.length)} ${statements.at(-1)?.sql.split("\n")[0] ?? ""}`,
    );

  test("build from below and attach last", () => {
    expect(ends([])).toEqual([
      '1 CREATE TABLE "public"."p" (',
      `8 ALTER TABLE "public"."p" ATTACH PARTITION "public"."p_0" FOR VALUES IN ('0')`,
      `8 ALTER TABLE "public"."p" ATTACH PARTITION "public"."p_1" FOR VALUES IN ('1')`,
      `1 ALTER TABLE "public"."petri_observations" ATTACH PARTITION "public"."p" FOR VALUES IN ('a')`,
    ]);
  });

  test("attach first where foreign keys would hold the referenced table for all of it", () => {
    expect(ends(["public.r"])[1]).toMatch(/petri_observations" ATTACH PARTITION "public"."p" /);
  });

  test("continue with what an interrupted run left", () => {
    expect(ends([], ["p", "p_0"])).toHaveLength(2);
  });
});
