import { z } from "zod";
import { formatInstant, type Instant, parseInstant } from "../../time/instant";
import { type ParsedSpan, requireSpan, type Span, formatSpan } from "../../time/span";
import { type Around, defineOption, type OptionsOf } from "../option/option";
import { instantWire, createSpanShape, spanWire, nameType } from "../option/shapes";
import { parseDeclaredSpan, parseDeclaredTime } from "../option/time-text";

/** The window of partitions that exist. */
export interface WindowArgs {
  /**
   * Time after the current interval for which partitions are created, or a fixed end.
   * @example "3 months", { until: "2027-01-01" }
   */
  readonly lead: Span | { readonly until: string };
  /**
   * Time for which data is kept after the start of the current interval. **Older data leaves the table.**
   * @example "12 months", "forever"
   */
  readonly retention: Span | "forever";
  /** First instant that has a partition. Never advances by itself. Required with retention "forever". @default the horizon */
  readonly start?: string;
}

export const WINDOW = {
  lead: defineOption({
    shape: z.union([createSpanShape("3 months"), z.strictObject({ until: z.string() })]),
    wire: z.union([spanWire, nameType("LeadUntil", z.object({ until: instantWire }))]),
    parse: parseLead,
    toWire: (lead) => ("until" in lead ? { until: formatInstant(lead.until) } : formatSpan(lead)),
    fromWire: (wire) => (typeof wire === "string" ? requireSpan(wire) : { until: parseInstant(wire.until, "UTC") }),
  }),
  retention: defineOption({
    shape: createSpanShape("12 months", "forever"),
    wire: z.union([z.literal("forever"), spanWire]),
    parse: parseRetention,
    toWire: (retention) => (retention === "forever" ? retention : formatSpan(retention)),
    fromWire: (wire) => (wire === "forever" ? wire : requireSpan(wire)),
  }),
  start: defineOption({
    shape: z.string().optional(),
    wire: instantWire.optional(),
    parse: parseStart,
    toWire: (start) => start && formatInstant(start),
    fromWire: (wire) => (wire === undefined ? undefined : parseInstant(wire, "UTC")),
  }),
} satisfies OptionsOf<WindowArgs>;

/** Placeholders that let the rest of a declaration be checked after a first problem; a spec with problems is never returned. */
const ZERO_SPAN: ParsedSpan = { count: 0, unit: "day" };
const EPOCH: Instant = parseInstant("1970-01-01", "UTC");

function parseLead(
  lead: WindowArgs["lead"],
  { table, problems }: Around<WindowArgs>,
): ParsedSpan | { readonly until: Instant } {
  return typeof lead === "string"
    ? (parseDeclaredSpan("window.lead", lead, problems) ?? ZERO_SPAN)
    : { until: parseDeclaredTime("window.lead.until", lead.until, table.zone, problems) ?? EPOCH };
}

function parseRetention(retention: WindowArgs["retention"], { problems }: Around<WindowArgs>): ParsedSpan | "forever" {
  return retention === "forever"
    ? retention
    : (parseDeclaredSpan("window.retention", retention, problems) ?? ZERO_SPAN);
}

function parseStart(start: string | undefined, { args, table, problems }: Around<WindowArgs>): Instant | undefined {
  if (start !== undefined) return parseDeclaredTime("window.start", start, table.zone, problems);
  if (args.retention === "forever")
    problems.push({
      path: "window.start",
      code: "missing-property",
      message: 'retention "forever" has no horizon from which the first partition could be counted.',
      fix: 'Declare where the window begins, for example start: "2024-01-01".',
    });
  return undefined;
}
