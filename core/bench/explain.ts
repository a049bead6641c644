import { formatMs } from "./format-times";
import type { PlanFacts } from "./read-plan";
import type { SideRun } from "./side-run";
import type { Side, SideName, Sides } from "./sides";

/** What a reader is told about the difference of two sides, with the way on where there is one. */
export interface Reason {
  readonly text: string;
  readonly fix?: string;
}

/** Two sides of a statement that was measured. */
interface Runs {
  readonly before: SideRun;
  readonly after: SideRun;
}

/** Says what the plans show about the difference of a statement that was measured; the way on where something is worse. */
export function explain({ before, after }: Runs, verdict: string, sides: Pick<Sides, "before" | "after">): Reason[] {
  const plans = explainPlans({ before: before.plan, after: after.plan }, sides);
  if (verdict === "results differ") return [explainRows(before.plan.rows, after.plan.rows), ...plans];
  if (verdict !== "slower") return plans.map(({ text }) => ({ text }));
  const longer = after.planningMs - before.planningMs;
  const planning: Reason[] =
    longer <= (after.totalMs - before.totalMs) / 2
      ? []
      : [
          {
            text: `planning takes ${formatMs(after.planningMs)} of ${formatMs(after.totalMs)}, before ${formatMs(before.planningMs)}`,
            fix: "A condition on the key, a prepared statement or longer intervals need less planning",
          },
        ];
  const found = [...plans, ...planning];
  return found.some(({ fix }) => fix !== undefined)
    ? found
    : [...found, { text: "the plans show no reason; --json has both" }];
}

function explainRows(before: number | undefined, after: number | undefined): Reason {
  return {
    text: `rows: ${count(before)} before, ${count(after)} after; the times do not compare`,
    fix: "Run it again: a side that is kept current lags behind by the changes that are pending. If it stays so, the sides have different rows",
  };
}

/** Says what the plans differ in, gains and losses. */
export function explainPlans(
  { before, after }: { readonly before: PlanFacts; readonly after: PlanFacts },
  sides: Pick<Sides, "before" | "after">,
): Reason[] {
  return [...explainPruning(after, sides.after), ...explainIndexes(before, after, sides)];
}

function explainPruning(plan: PlanFacts, { kind, leaves, keys }: Side): Reason[] {
  const all = leaves.length;
  const read = plan.partitions.length;
  if (kind === "plain" || all < 2) return [];
  if (read < all) return [{ text: `reads ${read} of ${all} partitions` }];
  if (!plan.hasKeyCondition) {
    const names = keys.map((key) => `"${key}"`).join(" or ");
    return [
      {
        text: `reads all ${all} partitions: no condition on ${names}`,
        fix: `Add a condition on ${names} where the caller knows a range`,
      },
    ];
  }
  // Without values of its parameters a plan has every partition that some value could need.
  return plan.executionMs === undefined
    ? [{ text: "the values of its condition on the key decide which partitions it reads" }]
    : [{ text: `reads all ${all} partitions: its condition on the key excludes none` }];
}

function explainIndexes(before: PlanFacts, after: PlanFacts, sides: Pick<Sides, "before" | "after">): Reason[] {
  const scansBefore = before.inFull.length > 0;
  // Partitions without rows are read in full, whatever indexes they have.
  const scansAfter = after.inFull.length * 2 > after.partitions.length;
  if (scansAfter && !scansBefore && before.indexes.length > 0) {
    const what =
      sides.after.kind === "plain"
        ? "reads the table in full"
        : after.partitions.length === 1
          ? "reads that partition in full"
          : `reads ${after.inFull.length} of ${after.partitions.length} partitions in full`;
    return [
      {
        text: `${what}, and before by ${listShort(before.indexes)}`,
        fix: "An index on the same columns, declared in indexes, serves each partition; reading most of a partition is faster without one",
      },
    ];
  }
  if (scansBefore && !scansAfter && after.indexes.length > 0)
    return [{ text: `uses ${listShort(after.indexes)}; before the table was read in full` }];
  return [];
}

/** Says on which side a statement fails. */
export function explainFailure({ on, message }: { readonly on: SideName; readonly message: string }): Reason {
  return on === "after"
    ? { text: `fails after, and runs before: ${message}`, fix: "The application has to change it before the swap" }
    : { text: `fails before, and runs after: ${message}` };
}

const LISTED = 2;

function listShort(indexes: readonly string[]): string {
  const shown = indexes.slice(0, LISTED).map((name) => `"${name}"`);
  const more = indexes.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function count(rows: number | undefined): string {
  return (rows ?? 0).toLocaleString("en");
}
