import { describe, expect, it } from "vitest";
import type { Observation } from "../../../core/observed/observed-table";
import { planAnalysis } from "../../../core/plan/upkeep/plan-upkeep";
import { type Instant, parseInstant } from "../../../core/time/instant";
import { windowSpec } from "../support/specs";
import { World } from "../support/world";

const now = parseInstant("2025-03-10T12:00:00Z", "UTC");
const spec = windowSpec({ analyze: "7 days" });

function observed(last: Instant | undefined, change: Partial<Observation> = {}): Observation {
  const found = new World().observe(now, spec);
  return { ...found, table: found.table && { ...found.table, lastAnalyzed: last }, serverVersion: 18, ...change };
}
const at = (text: string) => parseInstant(text, "UTC");

describe("statistics of the table as a whole", () => {
  it("are not created unless that is declared", () => {
    expect(planAnalysis({ ...spec, analyze: undefined }, observed(undefined), [])).toBeUndefined();
  });

  it("are due by their age, by the server's own clock, to the second", () => {
    expect(planAnalysis(spec, observed(at("2025-03-03T12:00:01Z")), [])).toBeUndefined();
    expect(planAnalysis(spec, observed(at("2025-03-03T12:00:00Z")), [])).toMatchObject({
      verb: "analyze",
      reasons: ["the statistics of the table as a whole are 7 days old"],
    });
  });

  it("are due once after a partition came back, and not again once they were created", () => {
    const bounds = { from: at("2025-01-01"), to: at("2025-02-01") };
    const entry = { partition: "p", branch: "", oid: "7", bounds, event: "attached" as const, detail: {} };
    const ledger = [{ ...entry, at: at("2025-03-09T00:00:00Z") }];
    expect(planAnalysis(spec, observed(at("2025-03-08T00:00:00Z"), { ledger }), [])?.reasons[0]).toMatch(/came back/);
    expect(planAnalysis(spec, observed(at("2025-03-09T00:00:01Z"), { ledger }), [])).toBeUndefined();
  });

  it.each([
    [17, 'ANALYZE "public"."events"'],
    [18, 'ANALYZE ONLY "public"."events"'],
  ])("on PostgreSQL %i are created by %s", (serverVersion, sql) => {
    const due = planAnalysis(
      { ...spec, schema: "public", table: "events" },
      observed(undefined, { serverVersion }),
      [],
    );
    expect(due?.statements.map((statement) => statement.sql)).toEqual([sql]);
  });
});
