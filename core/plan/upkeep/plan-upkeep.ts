import { type KnownSourceTriggers, planSourceTriggers } from "../../partition/branch/source-triggers";
import type { Observation } from "../../observed/observed-table";
import type { Alias } from "../../schedule/aliases";
import type { WindowSpec } from "../../declare/table/spec";
import type { Lock, Statement } from "../../sql/statement";
import { collectFamily } from "../../table/alter/family";
import { compareInstants, formatInstant, type Instant, countWholeDays } from "../../time/instant";
import { addSpan } from "../../time/span";
import type { Creation } from "../create/creation";
import { type Change, WHOLE } from "../change/change";
import type { VerbIn } from "../change/verbs";
import { quoteQualified } from "../../names/identifier";

/** A pending change of the table as a whole, not of one partition. */
export type UpkeepChange = Change<"default" | "trigger" | "name" | "unname" | "analyze", UpkeepStep>;

export interface UpkeepStep {
  /** Event recorded in the ledger by the same transaction, with the schema of its object. */
  readonly record?: { readonly event: "created" | "attached" | "dropped"; readonly schema: string };
  /** Functions and views for callers, recorded in the registry by the same transaction. */
  readonly aliases?: readonly Alias[];
  /** Skipped unless a complete plan has named it. */
  readonly onlyIfNamed?: boolean;
}

/** Builds a change of the table as a whole. */
export function buildUpkeepChange<V extends VerbIn<"upkeep">, Step>(
  verb: V,
  subject: string,
  reason: string,
  statements: readonly Statement[],
  step: Step,
): Change<V, Step> {
  return { verb, section: "upkeep", subject, bounds: WHOLE, reasons: [reason], facts: {}, statements, step };
}

/** Plans triggers on tables of values, as declared. */
export function planTriggers(spec: WindowSpec, known: KnownSourceTriggers | undefined): UpkeepChange[] {
  if (!known) return [];
  const { management, found } = known;
  return planSourceTriggers(management, spec, found).map(({ source, reason, statements }) =>
    buildUpkeepChange("trigger", source, reason, statements, {}),
  );
}

/**
 * Decides whether the statistics of the table as a whole are due. Facts decide, so that an interrupted update needs no memory:
 * their age by the server's own clock, and whether the ledger has rows that came with a partition since then.
 */
export function planAnalysis(
  spec: WindowSpec,
  observation: Observation,
  creations: readonly Creation[],
): UpkeepChange | undefined {
  const reason = spec.analyze && explainStale(spec, observation, creations);
  if (reason === undefined) return undefined;
  const partitions = observation.table ? collectFamily(observation.table).partitions : [];
  const statements = [analyzeStatement(spec, observation.serverVersion, partitions)];
  return buildUpkeepChange("analyze", spec.table, reason, statements, { onlyIfNamed: true });
}

function explainStale(spec: WindowSpec, observation: Observation, creations: readonly Creation[]): string | undefined {
  const last = observation.table?.lastAnalyzed;
  if (last === undefined) return "the table as a whole was never analyzed, and autovacuum never does that";
  if (spec.analyze && compareInstants(addSpan(last, spec.analyze, "UTC"), observation.now) <= 0)
    return `the statistics of the table as a whole are ${countWholeDays(last, observation.now)} days old`;
  if (creations.some((creation) => creation.kind === "attach") || hasComeBackSince(observation, last))
    return `a partition came back with its rows since the table was analyzed (${formatInstant(last)})`;
  return undefined;
}

function hasComeBackSince(observation: Observation, last: Instant): boolean {
  return observation.ledger.some((item) => item.event === "attached" && compareInstants(item.at, last) > 0);
}

/** First version that can analyze the table as a whole without analyzing each partition again. */
const ANALYZE_ONLY = 18;

/**
 * Gathers the statistics of the table as a whole from a sample of all partitions. Blocks neither readers nor writers; only other
 * changes of the table and vacuums wait for it. Without ONLY each partition is analyzed too, one after the other.
 */
export function analyzeStatement(
  table: { readonly schema: string; readonly table: string },
  serverVersion: number | undefined,
  partitions: readonly { readonly schema: string; readonly name: string }[],
): Statement {
  const only = (serverVersion ?? 0) >= ANALYZE_ONLY ? "ONLY " : "";
  const below = only === "" ? partitions : [];
  return {
    sql: `ANALYZE ${only}${quoteQualified(table.schema, table.table)}`,
    transaction: undefined,
    timeouts: "waiting",
    locks: [
      { relation: `${table.schema}.${table.table}`, role: "parent", mode: "SHARE UPDATE EXCLUSIVE" },
      ...below.map(({ schema, name }): Lock => ({
        relation: `${schema}.${name}`,
        role: "partition",
        mode: "SHARE UPDATE EXCLUSIVE",
      })),
    ],
    hold: "grows with rows",
    hazards: [],
    undo: "not needed",
  };
}
