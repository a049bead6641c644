import { describe, expect, it } from "vitest";
import { findTemplate, type NamedInterval } from "../../../core/adopt/partition-names";
import { formatPartitionName } from "../../../core/names/template";
import type { Period } from "../../../core/time/period";
import { part, months } from "./support";

describe("names", () => {
  it.each<[string, string, (year: string, month: string) => string, string]>([
    ["compact months", "agent_logs", (y, m) => `agent_logs_${y}${m}`, "{table}_{yyyy}{mm}"],
    ["letters between", "workflow_events", (y, m) => `workflow_events_y${y}m${m}`, "{table}_y{yyyy}m{mm}"],
    [
      "a parent of another name",
      "audit_logs_partitioned",
      (y, m) => `audit_logs_p${y}_${m}`,
      "audit_logs_p{yyyy}_{mm}",
    ],
    ["no letter", "messages_partitioned", (y, m) => `messages_${y}_${m}`, "messages_{yyyy}_{mm}"],
    ["pg_partman 4.7", "events", (y, m) => `events_p${y}_${m}`, "{table}_p{yyyy}_{mm}"],
    ["the first day", "events", (y, m) => `events_p${y}${m}01`, "{table}_p{yyyy}{mm}{dd}"],
    ["digits of the table", "v2_2025_log", (y, m) => `v2_2025_log_${y}_${m}`, "{table}_{yyyy}_{mm}"],
  ])("%s", (_, table, name, template) => {
    const partitions = months(name);
    expect(findTemplate(partitions, table, "month", "UTC")).toEqual({ template, others: [] });
    for (const one of partitions) expect(formatPartitionName(template, table, one, "UTC")).toBe(one.name);
  });

  it.each<[Period, NamedInterval[], string]>([
    [
      "week",
      [part("e_p2024w52", "2024-12-23", "2024-12-30"), part("e_p2025w01", "2024-12-30", "2025-01-06")],
      "{table}_p{gggg}w{ww}",
    ],
    [
      "week",
      [part("e_p2024_12_23", "2024-12-23", "2024-12-30"), part("e_p2024_12_30", "2024-12-30", "2025-01-06")],
      "{table}_p{yyyy}_{mm}_{dd}",
    ],
    [
      "quarter",
      [part("e_p2024q4", "2024-10-01", "2025-01-01"), part("e_p2025q1", "2025-01-01", "2025-04-01")],
      "{table}_p{yyyy}q{q}",
    ],
    [
      "day",
      [part("e_p20241231", "2024-12-31", "2025-01-01"), part("e_p20250101", "2025-01-01", "2025-01-02")],
      "{table}_p{yyyy}{mm}{dd}",
    ],
  ])("a %s of another maker", (period, partitions, template) => {
    expect(findTemplate(partitions, "e", period, "UTC")?.template).toBe(template);
  });

  it("keeps what is named otherwise, and gives up where most are", () => {
    const [first, ...rest] = months((y, m) => `e_${y}_${m}`);
    const odd = { ...(first as NamedInterval), name: "e_first" };
    expect(findTemplate([odd, ...rest], "e", "month", "UTC")).toEqual({
      template: "{table}_{yyyy}_{mm}",
      others: ["e_first"],
    });
    expect(findTemplate([odd], "e", "month", "UTC")).toBeUndefined();
  });
});
