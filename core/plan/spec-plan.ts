import type { Observation } from "../observed/observed-table";
import { NOTHING_PUBLISHED } from "../observed/replication";
import { formatProblem } from "../problems/problem";
import type { TableSpec } from "../declare/table/spec";
import { createTableStatements } from "../table/create/create-table";
import { buildPlannedParent } from "../partition/carry/parent";
import type { Instant } from "../time/instant";
import { planWindow } from "../window/window-partitions";
import { listEntries } from "./change/change";
import { planCreateChanges } from "./create-changes";
import { planCreations } from "./create/creations";
import { planDefault } from "./upkeep/plan-default";
import { computeSummary } from "./report/report";
import { collectTableFacts } from "./change/table-facts";
import type { PlanReport } from "./change/plan-types";

/** Plans without a database: for components, and as a fallback if the database cannot be reached. Drops nothing. */
export function planFromSpec(spec: TableSpec, asOf: Instant, because: string): PlanReport {
  const nothing = buildEmptyObservation(asOf);
  const window = planWindow(spec.window, asOf);
  const parent = buildPlannedParent(spec, { now: asOf, levels: spec.window.levels });
  const { creations, branches, problems } = planCreations(spec.window, window, nothing, [], asOf);
  const fallback = planDefault(parent, nothing, creations, []);
  const reason = "in the window; the database was not asked whether it exists";
  const changes = planCreateChanges(parent, branches, creations).map((change) => ({ ...change, reasons: [reason] }));
  const statements = [
    ...(spec.columns ? createTableStatements(spec) : []),
    ...[...changes, ...fallback.upkeep].flatMap((change) => change.statements),
  ];
  return {
    ...computeSummary(window, listEntries(changes, "create"), [], statements),
    ...(fallback.facts ? { defaultPartition: fallback.facts } : {}),
    restore: [],
    align: [],
    alignCount: 0,
    upkeep: [],
    complete: false,
    // Without columns the type of the key is not known yet.
    ...collectTableFacts(spec.columns ? parent : undefined, spec.indexes, undefined),
    incompleteBecause: because,
    partitionCount: window.desired.length,
    deferred: [],
    kept: [],
    notes: problems.map(formatProblem),
  };
}

function buildEmptyObservation(now: Instant): Observation {
  return {
    table: undefined,
    registration: undefined,
    ledger: [],
    detached: [],
    defaultGrantees: [],
    replication: NOTHING_PUBLISHED,
    now,
    obstacles: [],
  };
}
