import { expect, test } from "vitest";
import { toSlug } from "../../../core/names/slug";
import { formatIndexName, formatPartitionName } from "../../../core/names/template";
import { parseInstant } from "../../../core/time/instant";

const month = (from: string, to: string) => ({ from: parseInstant(from, "UTC"), to: parseInstant(to, "UTC") });
const JANUARY_2024 = month("2024-01-01", "2024-02-01");
const FEBRUARY_2024 = month("2024-02-01", "2024-03-01");
const JANUARY_2025 = month("2025-01-01", "2025-02-01");

test.each([
  ["S0", "{table}_{yyyy}{mm}", "agent_logs", FEBRUARY_2024, "agent_logs_202402"],
  ["S1", "{table}_y{yyyy}m{mm}", "workflow_events", JANUARY_2025, "workflow_events_y2025m01"],
  ["S2", "audit_logs_p{yyyy}_{mm}", "audit_logs_partitioned", JANUARY_2024, "audit_logs_p2024_01"],
  ["S2", "{table}_p{yyyy}_{mm}", "slow_query_log", JANUARY_2024, "slow_query_log_p2024_01"],
  ["S4", "messages_{yyyy}_{mm}", "messages_partitioned", JANUARY_2024, "messages_2024_01"],
  ["S4", "usage_logs_{yyyy}_{mm}", "usage_logs_partitioned", JANUARY_2024, "usage_logs_2024_01"],
])("%s: %s of %s gives its partition", (_seed, template, table, interval, name) => {
  expect(formatPartitionName(template, table, interval, "UTC")).toBe(name);
});

test("S1: the three indexes of a partition have the seed's names", () => {
  const partition = "workflow_events_y2025m01";
  const names = ["run_id", "run_ts", "type"].map((index) =>
    formatIndexName("{partition}_{index}_idx", { partition, index }),
  );
  expect(names).toEqual([
    "workflow_events_y2025m01_run_id_idx",
    "workflow_events_y2025m01_run_ts_idx",
    "workflow_events_y2025m01_type_idx",
  ]);
});

test("S0 and S2: index names may begin with idx_", () => {
  expect(formatIndexName("idx_{partition}_{index}", { partition: "agent_logs_202402", index: "company_ts" })).toBe(
    "idx_agent_logs_202402_company_ts",
  );
  expect(formatIndexName("idx_{table}_{index}", { table: "audit_logs_partitioned", index: "user_created" })).toBe(
    "idx_audit_logs_partitioned_user_created",
  );
});

test("S3: values lose their hyphens, and a partition is named after its branch", () => {
  const program = `petri_obs_prog_${toSlug("abc-123")}`;
  const site = `${program}_site_${toSlug("def-456")}`;
  expect(site).toBe("petri_obs_prog_abc123_site_def456");
  expect(formatPartitionName("{table}_{yyyy}_{mm}", site, JANUARY_2025, "UTC")).toBe(
    "petri_obs_prog_abc123_site_def456_2025_01",
  );
});
