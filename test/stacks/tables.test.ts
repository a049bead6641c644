import { describe, expect, it } from "vitest";
import { planFromSpec } from "../../core/plan/spec-plan";
import { formatIndexName } from "../../core/names/template";
import { requireTableSpec } from "../../core/declare/table/parse";
import { parseInstant } from "../../core/time/instant";
import { formatSpan } from "../../core/time/span";
import { SYSTEM_NAMES, SYSTEMS, TABLE_KEYS } from "../../stacks/tables";

const spec = (key: string) => {
  const table = SYSTEM_NAMES.map((system) => SYSTEMS[system][key]).find((found) => found !== undefined);
  return requireTableSpec(table, `table "${key}"`);
};
const partitions = (key: string, asOf: string) =>
  planFromSpec(spec(key), parseInstant(asOf, "UTC"), "a test").create.map((partition) => partition.partition);
const partitionIndexes = (key: string, partition: string) =>
  spec(key).indexes.map((index) => formatIndexName(index.partitionIndexName, { partition }));

describe("declared tables", () => {
  it.each(TABLE_KEYS)("%s is a valid declaration with reason, class and owner", (key) => {
    const { window } = spec(key);
    expect(window.lead).toEqual({ count: 3, unit: "month" });
    expect([window.reason, window.dataClass, window.owner].every((text) => text !== undefined)).toBe(true);
  });

  it.each([
    ["audit_logs", "audit_logs_partitioned", "created_at", "12 months"],
    ["object_history", "object_history_partitioned", "changed_at", "12 months"],
    ["slow_query_log", "slow_query_log_partitioned", "timestamp", "6 months"],
    ["chat_messages", "chat_messages_partitioned", "created_at", "12 months"],
    ["workflow_events", "workflow_events", "ts", "12 months"],
  ])("%s has the seed's parent %s, key %s and retention %s", (key, table, column, retention) => {
    const { window } = spec(key);
    expect([window.table, window.key.column]).toEqual([table, column]);
    expect(window.retention === "forever" ? "forever" : formatSpan(window.retention)).toBe(retention);
  });
});

describe("names that callers already use", () => {
  it("of Arxos' partitions: parents end in _partitioned, partitions do not", () => {
    const names = partitions("audit_logs", "2024-06-15");
    expect(names).toContain("audit_logs_p2024_01");
    expect(names.at(0)).toBe("audit_logs_p2023_06");
    expect(names.at(-1)).toBe("audit_logs_p2024_09");
    expect(partitions("slow_query_log", "2024-06-15")).toHaveLength(10);
    for (const key of ["object_history", "slow_query_log", "chat_messages"])
      expect(partitions(key, "2024-06-15")).toContain(`${key}_p2024_01`);
  });

  it("of Arxos' indexes, on parents and on partitions", () => {
    const names = (key: string) => spec(key).indexes.map((index) => index.name);
    expect(names("audit_logs")).toEqual(
      expect.arrayContaining(["idx_audit_logs_partitioned_user_id", "idx_audit_logs_partitioned_user_created"]),
    );
    expect(names("object_history")).toContain("idx_object_history_partitioned_object_changed");
    expect(partitionIndexes("audit_logs", "audit_logs_p2024_01")).toContain("idx_audit_logs_p2024_01_user_id");
  });

  it("of MeshHook's partitions and their indexes", () => {
    expect(partitions("workflow_events", "2025-01-10")).toContain("workflow_events_y2025m01");
    expect(partitionIndexes("workflow_events", "workflow_events_y2025m01")).toEqual([
      "workflow_events_y2025m01_run_id_idx",
      "workflow_events_y2025m01_run_ts_idx",
      "workflow_events_y2025m01_type_idx",
    ]);
  });

  it("refers to the runs of MeshHook, whose deletes cascade", () => {
    expect(spec("workflow_events").foreignKeys).toMatchObject([
      {
        columns: ["run_id"],
        references: { schema: "public", table: "workflow_runs", columns: ["id"] },
        onDelete: "cascade",
      },
    ]);
  });
});
