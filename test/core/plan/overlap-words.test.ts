import { describe, expect, it } from "vitest";
import type { Observation } from "../../../core/observed/observed-table";
import type { OpenInterval } from "../../../core/time/interval";
import { planCreation } from "../../../core/plan/create/creation";
import { at, factsOf, partitionOf, part, tableOf } from "../adopt/support";

const now = at("2026-11-28");
const wanted = part("events_p2026_12", "2026-12-01", "2027-01-01");

function refusal(bounds: OpenInterval): string {
  const table = tableOf([partitionOf("events_there", bounds, "FOR VALUES …")]);
  const { replication } = factsOf(table, now);
  const observation: Observation = {
    table,
    registration: undefined,
    ledger: [],
    detached: [],
    defaultGrantees: [],
    replication,
    now,
    obstacles: [],
  };
  const creation = planCreation({ allowEmpty: [], restored: [] }, wanted, observation);
  if (creation.kind !== "refuse") throw new Error(creation.kind);
  return creation.problem.fix;
}

describe("a partition that would overlap one that exists", () => {
  it.each<[string, OpenInterval, RegExp]>([
    [
      "without an end: the window ends there, and no impossible segment is offered",
      { from: at("2026-12-01"), to: undefined },
      /^"events_there" has no end, so no other partition can begin at 2026-12-01T00:00:00Z or later\. End the window there, lead: \{ until: "2026-12-01T00:00:00Z" \}; or detach it \(ALTER TABLE … DETACH PARTITION "app"\."events_there"\), and attach it again with the end that its rows have\.$/,
    ],
    [
      "without a beginning: the window begins there",
      { from: undefined, to: at("2026-12-15") },
      /^"events_there" has no beginning, .* Begin the window there, start: "2026-12-15T00:00:00Z"; or detach it/,
    ],
    [
      "without either: it has to be detached",
      { from: undefined, to: undefined },
      /^"events_there" has no end, .* can begin anywhere\. Detach it \(ALTER TABLE .*\), and attach it again/,
    ],
    [
      "with both: it can be a segment",
      { from: at("2026-12-10"), to: at("2026-12-20") },
      /^A grid changes only where a partition ends: .* every: "whole", name: "events_there" \}; or detach it \(ALTER TABLE .*\), which keeps its rows as a table\.$/,
    ],
  ])("%s", (_, bounds, words) => {
    expect(refusal(bounds)).toMatch(words);
    expect(refusal(bounds)).not.toMatch(/(^|\. )Or /);
    if (!bounds.from || !bounds.to) expect(refusal(bounds)).not.toContain("segment");
  });
});
