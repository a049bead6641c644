import { describe, expect, test } from "vitest";
import {
  getBranchSpec,
  listDesiredBranches,
  flatten,
  type SourceValues,
} from "../../../../core/partition/branch/desired-branches";
import { decodeLevels, encodeLevels } from "../../../../core/declare/levels/levels-wire";
import { planFromSpec } from "../../../../core/plan/spec-plan";
import { planWindow } from "../../../../core/window/window-partitions";
import { AS_OF, spec } from "./support";

const SITES: SourceValues = [
  undefined,
  [
    { value: "def-456", parent: "abc-123", active: true },
    { value: "xyz-789", parent: "abc-123", active: false },
    { value: "z", parent: "def-123", active: true },
  ],
];

describe("the tree of branches", () => {
  test("names every branch after the values above it, as the document of the system does", () => {
    const names = [...flatten(listDesiredBranches(spec().window, SITES))].map(
      ({ name, active }) => `${name} ${String(active)}`,
    );
    expect(names).toEqual([
      "petri_obs_prog_abc123 true",
      "petri_obs_prog_abc123_site_def456 true",
      "petri_obs_prog_abc123_site_xyz789 false",
      "petri_obs_prog_def123 true",
      "petri_obs_prog_def123_site_z true",
    ]);
  });

  test("cuts by another length where an override fits", () => {
    const { window } = spec();
    const weekly = planWindow(
      getBranchSpec(window, ["abc-123", "def-456"]),
      AS_OF,
      "petri_obs_prog_abc123_site_def456",
    );
    expect(weekly.desired[0]?.name).toBe("petri_obs_prog_abc123_site_def456_2025_w07");
    // The component sends the start of the shortest interval: by that of the month the weeks would come too late.
    expect(planWindow(window, AS_OF).asOf.toString()).toBe("2025-03-10T00:00:00Z");
    const monthly = planWindow(getBranchSpec(window, ["def-123", "z"]), AS_OF, "petri_obs_prog_def123_site_z");
    expect(monthly.desired.map(({ name }) => name)).toEqual([
      "petri_obs_prog_def123_site_z_2025_02",
      "petri_obs_prog_def123_site_z_2025_03",
      "petri_obs_prog_def123_site_z_2025_04",
    ]);
  });

  test("travels without loss", () => {
    const { levels } = spec().window;
    expect(decodeLevels(JSON.parse(JSON.stringify(encodeLevels(levels))) as never)).toEqual(levels);
  });

  test("is created window by window without being asked, and static plans name given values alone", () => {
    expect(spec().window.resources).toBe("window");
    const plan = planFromSpec(
      spec({
        partitionBy: [
          { list: "program_id", values: ["a", "b"] },
          { hash: "site_id", modulus: 2 },
          { range: "created_at" },
        ],
      }),
      AS_OF,
      "test",
    );
    expect(plan.create.map(({ partition, reason }) => `${partition}: ${reason}`)).toEqual([
      "petri_observations_a: in the window; the database was not asked whether it exists",
      "petri_observations_b: in the window; the database was not asked whether it exists",
    ]);
    expect(plan.statementCount).toBeGreaterThan(12);
  });
});
