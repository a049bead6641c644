import { describe, expect, it } from "vitest";
import {
  type CandidateFacts,
  rankCandidates,
  renderCandidates,
  renderCandidatesMarkdown,
} from "../../../core/conversion/analyze/candidates";
import { column } from "./facts";

const GIGABYTE = 1024 ** 3;

function table(name: string, changes: Partial<CandidateFacts> = {}): CandidateFacts {
  return {
    schema: "app",
    name,
    rows: 60_000_000,
    bytes: 20 * GIGABYTE,
    inserts: 90,
    updates: 10,
    deletes: 0,
    referring: 0,
    columns: [column("id", "bigint"), column("tenant", "text"), column("created_at", "timestamp with time zone")],
    indexes: [{ unique: true, primary: true, columns: ["id"] }],
    statistics: [{ column: "tenant", nullShare: 0, distinct: 12, correlation: 0.1 }],
    ...changes,
  };
}

const byTenant = { unique: false, primary: false, columns: ["tenant", "id"] };
const noTime = { columns: [column("id", "bigint"), column("tenant", "text"), column("updated_at", "date")] };

describe("rankCandidates", () => {
  it.each([
    ["range", ["created_at"], "high", {}],
    ["range", ["created_at"], "medium", { rows: 6_000_000, bytes: GIGABYTE / 2 }],
    ["range", ["created_at"], "low", { rows: 1_000, bytes: 1_000 }],
    ["range and list", ["tenant", "created_at"], "high", { indexes: [byTenant] }],
    ["range", ["created_at"], "medium", { indexes: [byTenant], bytes: GIGABYTE, rows: 1 }],
    ["list", ["tenant"], "high", { ...noTime, indexes: [byTenant] }],
    ["hash", ["id"], "high", noTime],
    ["none", [], "low", { ...noTime, indexes: [] }],
    // Never updated: the time of a change is that of its row.
    ["range", ["updated_at"], "high", { ...noTime, updates: 0 }],
    ["hash", ["id"], "high", { ...noTime, inserts: 0, updates: 0 }],
  ] satisfies readonly (readonly [string, readonly string[], string, Partial<CandidateFacts>])[])(
    "proposes %s by %j with priority %s",
    (strategy, columns, priority, changes) => {
      expect(rankCandidates([table("t", changes)])).toMatchObject([{ strategy, columns, priority, estimated: true }]);
    },
  );

  it("orders by priority, then by size", () => {
    const ranked = rankCandidates([
      table("small", { bytes: 1, rows: 1 }),
      table("none", { ...noTime, indexes: [], bytes: 1e15 }),
      table("large", { bytes: 30 * GIGABYTE }),
      table("larger", { bytes: 40 * GIGABYTE }),
    ]);
    expect(ranked.map((one) => one.table)).toEqual(["app.larger", "app.large", "app.none", "app.small"]);
  });

  it("marks estimates, and says what is not known", () => {
    const ranked = rankCandidates([table("t", { rows: undefined, referring: 2 })]);
    for (const text of [renderCandidates(ranked), renderCandidatesMarkdown(ranked)]) {
      expect(text).toContain("estimate");
      expect(text).toContain("rows unknown");
      expect(text).toContain("2 foreign keys point to it");
      expect(text).toContain("range (created_at)");
    }
    expect(renderCandidates([])).toBe("no plain table to convert");
  });
});
