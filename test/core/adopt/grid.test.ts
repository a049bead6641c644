import { describe, expect, it } from "vitest";
import { findGrid } from "../../../core/adopt/find-grid";
import { part, months } from "./support";

describe("grid", () => {
  it("takes odd partitions as whole segments, and lets the usual length continue after and between them", () => {
    const { period, segments } = findGrid(
      [
        part("e_old", "2020-01-01", "2024-05-10"),
        part("e_2024_07", "2024-07-01", "2024-08-01"),
        part("e_2024_08", "2024-08-01", "2024-09-01"),
        part("e_half", "2024-09-01", "2024-09-16"),
      ],
      "e",
      "UTC",
    );
    expect(period).toBe("month");
    expect(segments).toEqual([
      { from: "2020-01-01T00:00:00Z", to: "2024-05-10T00:00:00Z", every: "whole", name: "e_old" },
      { from: "2024-05-10T00:00:00Z", every: "month", name: "{table}_{yyyy}_{mm}" },
      { from: "2024-09-01T00:00:00Z", to: "2024-09-16T00:00:00Z", every: "whole", name: "e_half" },
      { from: "2024-09-16T00:00:00Z", every: "month", name: "{table}_{yyyy}_{mm}" },
    ]);
  });

  it("changes the length where the partitions do", () => {
    const { segments } = findGrid(
      [...months((y, m) => `e_${y}_${m}`).slice(0, 2), part("e_2025_01_06", "2025-01-06", "2025-01-13")],
      "e",
      "UTC",
    );
    expect(segments.map(({ from, every }) => [from, every])).toEqual([
      [undefined, "month"],
      ["2025-01-06T00:00:00Z", "week"],
    ]);
  });
});
