import { z } from "zod";
import { fitIdentifier } from "../../names/identifier";
import { checkName } from "../../names/name-problems";
import type { Problem } from "../../problems/problem";
import { findIntervalAt } from "../../time/grid";
import { compareInstants, formatInstant, type Instant, parseInstant } from "../../time/instant";
import { type Around, defineOption, type OptionsOf } from "../option/option";
import { instantWire, nameShape, nameType } from "../option/shapes";
import { parseDeclaredTime } from "../option/time-text";

/** How a plain table of the same name becomes the partitioned one. */
export interface ConversionOptions {
  /**
   * Converts a plain table of this name into the declared one, online and without moving a row. Left out: a plain table is
   * refused. Once the table is partitioned only `until: "prepare"` has an effect, and it may stay in the program.
   *
   * @example { historyUntil: "2027-01-01" }
   */
  readonly convertFrom?: ConvertFromArgs;
}

/** Conversion of a plain table that becomes one partition as a whole, with all of its rows. */
export interface ConvertFromArgs {
  /**
   * Bound between history and window: rows before it stay in the plain table, which becomes the partition for all of them; the
   * window begins at it. An end of an interval of the grid, later than every row and than now: **from the first phase on,
   * writers may not insert a row at or after it** until the window's own partitions exist. Never changes after the conversion.
   *
   * @example "2027-01-01"
   */
  readonly historyUntil: string;
  /** Name of the partition with the history. @default `{table}_history` @example "events_before_2027" */
  readonly historyName?: string;
  /**
   * Last phase to run. `prepare` builds the wider key and proves the bound while the table stays plain, so that a later update
   * only has to swap; the other resources of the table are created by the update that swaps. Declared after the swap, it takes
   * that back: the table is the plain one again, with every row written since, and its partitions are gone.
   *
   * @default "swap"
   */
  readonly until?: ConversionPhase;
}

/** Phases of a conversion, in their order. */
const CONVERSION_PHASES = ["prepare", "swap"] as const;
export type ConversionPhase = (typeof CONVERSION_PHASES)[number];

/**
 * A declared conversion.
 *
 * @public
 */
export interface ConversionSpec {
  readonly historyUntil: Instant;
  readonly historyName: string;
  readonly until: ConversionPhase;
}

const phase = nameType("ConversionPhase", z.enum(CONVERSION_PHASES));

export const CONVERSION = {
  convertFrom: defineOption({
    shape: z
      .strictObject({
        historyUntil: z.string(),
        historyName: nameShape.optional(),
        until: phase.optional(),
      })
      .optional(),
    wire: nameType(
      "ConvertFrom",
      z.object({ historyUntil: instantWire, historyName: nameShape, until: phase.optional() }),
    ).optional(),
    parse: (declared: ConvertFromArgs | undefined, around: Around<ConversionOptions>) =>
      declared && parseConversion(declared, around),
    toWire: (spec) => spec && encodeConversion(spec),
    fromWire: (wire) =>
      wire && {
        historyUntil: parseInstant(wire.historyUntil, "UTC"),
        historyName: wire.historyName,
        until: wire.until ?? "swap",
      },
  }),
} satisfies OptionsOf<ConversionOptions>;

function parseConversion(
  declared: ConvertFromArgs,
  { table, problems }: Around<ConversionOptions>,
): ConversionSpec | undefined {
  const path = "convertFrom.historyUntil";
  const historyUntil = parseDeclaredTime(path, declared.historyUntil, table.zone, problems);
  if (!historyUntil) return undefined;
  const { above, below } = table.levels;
  if (above.length + below.length > 0) problems.push(REFUSED_LEVELS);
  problems.push(...findGridProblems(path, historyUntil, table));
  const historyName = declared.historyName ?? fitIdentifier(`${table.table}_history`);
  checkName("convertFrom.historyName", historyName, problems);
  if (historyName === table.table) problems.push(REFUSED_NAME);
  return {
    historyUntil,
    historyName,
    until: declared.until ?? "swap",
  };
}

const REFUSED_LEVELS: Problem = {
  path: "convertFrom",
  code: "invalid-value",
  message: "a plain table cannot become one partition of a table with LIST or HASH levels: its rows belong to several.",
  fix: "Convert it with the time level alone, or copy its rows into a table of another name.",
};

const REFUSED_NAME: Problem = {
  path: "convertFrom.historyName",
  code: "name-collision",
  message: "the history has the name of the table, which the partitioned one gets.",
  fix: "Choose another name, or leave it out.",
};

/** Refuses a bound inside an interval: the window would begin with a part of it, and that part would have its name. */
function findGridProblems(path: string, at: Instant, { grid, zone }: Around<unknown>["table"]): Problem[] {
  const interval = findIntervalAt(grid, at, zone);
  if (interval && compareInstants(interval.from, at) === 0) return [];
  const near = interval
    ? `the nearest are ${formatInstant(interval.from)} and ${formatInstant(interval.to)}`
    : "the grid has no interval there";
  return [
    {
      path,
      code: "invalid-time",
      message: `${formatInstant(at)} is not where an interval of the grid begins; ${near}.`,
      fix: "End the history where a partition of the window can begin.",
    },
  ];
}

function encodeConversion({ historyUntil, historyName, until }: ConversionSpec) {
  return { historyUntil: formatInstant(historyUntil), historyName, ...(until === "swap" ? {} : { until }) };
}
