import { covers, formatInterval, type OpenInterval, overlaps, parseInterval } from "../../../core/time/interval";
import { compareInstants, parseInstant } from "../../../core/time/instant";
import { type DeclaredHold, readHolds, readRetire } from "../support/read-archive";
import { type KnownProperties, type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { getCompletePlan, readWindow } from "../support/read-window";

/** A range of a table that must be retained, whatever a program declares. */
interface HoldConfig {
  /** `schema.table`; a `*` stands for any part of it. */
  readonly table: string;
  /** ISO 8601, the first instant. */
  readonly from: string;
  /** ISO 8601, the first instant after it. */
  readonly to: string;
  readonly reason: string;
  /** Both together lift the hold: the author of that decision, and where it is documented. */
  readonly liftedBy?: string;
  readonly liftedBecause?: string;
}

interface LegalHoldConfig {
  /** The holds by name. */
  readonly holds: Readonly<Record<string, HoldConfig>>;
}

export const legalHold: Rule<LegalHoldConfig> = {
  name: "legal-hold",
  description: "Data held for a court or an audit is retired by no plan, and the program declares the hold too.",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation:
    "Declare the same range in holds of the table. A hold is lifted by two fields: liftedBy and liftedBecause.",
  resourceType: WINDOW_TYPE,
  configProperties: {
    holds: {
      type: "object",
      description:
        'The holds by name, for example { "matter-17": { "table": "public.audit*", "from": "2024-01-01", "to": "2024-07-01", "reason": "…" } }. `liftedBy` and `liftedBecause` together lift one.',
      additionalProperties: {
        type: "object",
        properties: {
          table: { type: "string" },
          from: { type: "string" },
          to: { type: "string" },
          reason: { type: "string" },
          liftedBy: { type: "string" },
          liftedBecause: { type: "string" },
        },
        required: ["table", "from", "to", "reason"],
        additionalProperties: false,
      },
      default: {},
    },
  },
  evaluate(properties, config) {
    const { table } = readWindow(properties);
    return Object.entries(config.holds)
      .filter(([, hold]) => matchesTable(hold.table, table))
      .flatMap(([name, hold]) => judge(properties, name, hold).map((found) => `${table}: ${found}`));
  },
};

function judge(properties: KnownProperties, name: string, hold: HoldConfig): string[] {
  const change = explainSettings("legal-hold", "holds", `holds.${name}`);
  if (isLifted(hold)) return [];
  const range = readRange(hold.from, hold.to);
  if (!range)
    return [`the hold "${name}" is from "${hold.from}" to "${hold.to}", which is no range of time. ${change}`];
  const held = `"${name}" holds ${formatInterval(range)} (${hold.reason})`;
  const liftedPart = hold.liftedBy ?? hold.liftedBecause;
  return [
    ...(liftedPart === undefined ? [] : [`${held}; lifting it needs both liftedBy and liftedBecause. ${change}`]),
    ...listTouched(properties, range).map((what) => `the plan ${what}, and ${held}. ${change}`),
    ...(isDeclared(properties, range) ? [] : [`${held}, and no hold of the program covers the range. ${change}`]),
  ];
}

/** Returns the plan's changes to partitions of the range. */
function listTouched(properties: KnownProperties, range: OpenInterval): string[] {
  const plan = getCompletePlan(readWindow(properties));
  if (!plan) return [];
  const entries = readRetire(properties);
  const unlisted = plan.dropCount - entries.filter(({ verb }) => verb === "drop").length;
  return [
    ...entries
      // An entry without a readable range may be in the range.
      .filter((entry) => overlaps(readRange(entry.from, entry.to) ?? { from: undefined, to: undefined }, range))
      .map((entry) => `has "${entry.verb}" for "${entry.partition}"`),
    ...(unlisted > 0 ? [`drops ${unlisted} partitions that it does not list`] : []),
  ];
}

/** Leaves holds that are known only in the update to every-rule-evaluated. */
function isDeclared(properties: KnownProperties, range: OpenInterval): boolean {
  if (properties.unknown.includes("holds")) return true;
  const { asOf } = readWindow(properties);
  return readHolds(properties).some((hold) => {
    const declared = readRange(hold.from, hold.to);
    return declared !== undefined && covers(declared, range) && !isOver(hold, asOf);
  });
}

function isOver({ until }: DeclaredHold, asOf: string | undefined): boolean {
  if (until === undefined || asOf === undefined) return false;
  const end = attempt(() => parseInstant(until, "UTC"));
  const now = attempt(() => parseInstant(asOf, "UTC"));
  return end === undefined || now === undefined || compareInstants(end, now) <= 0;
}

function isLifted(hold: HoldConfig): boolean {
  return [hold.liftedBy, hold.liftedBecause].every((field) => field !== undefined && field.trim() !== "");
}

/** Matches a table; only `*` is special. */
function matchesTable(pattern: string, table: string): boolean {
  const escaped = pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("\\*", ".*");
  return new RegExp(`^${escaped}$`, "su").test(table);
}

function readRange(from: string, to: string): OpenInterval | undefined {
  return attempt(() => parseInterval(`${from}/${to}`));
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
