import { formatPartitionName, findTemplateProblem } from "../names/template";
import type { Interval } from "../time/interval";
import type { Period } from "../time/period";

/** An existing partition, with its interval. */
export interface NamedInterval extends Interval {
  readonly name: string;
}

/** A template, with the partitions that it does not name. */
interface FoundTemplate {
  readonly template: string;
  readonly others: readonly string[];
}

/** Meanings of a run of digits, most usual first. */
const READINGS = [
  "{yyyy}{mm}{dd}{hh}",
  "{yyyy}{mm}{dd}",
  "{yyyy}{mm}",
  "{gggg}{ww}",
  "{yyyy}{q}",
  "{yyyy}",
  "{gggg}",
  "{mm}{dd}",
  "{mm}",
  "{dd}",
  "{hh}",
  "{ww}",
  "{q}",
] as const;

/**
 * Finds the template by which partitions of one length are named: each run of digits is a part of the time or literal. Undefined:
 * no template gives the name of most of them.
 *
 * @example findTemplate([{ name: "events_y2025m01", ...january }], "events", "month", "UTC") // "{table}_y{yyyy}m{mm}"
 */
export function findTemplate(
  partitions: readonly NamedInterval[],
  table: string,
  period: Period,
  zone: string,
): FoundTemplate | undefined {
  const candidates = new Set(
    partitions
      .slice(0, 1)
      .concat(partitions.slice(-2))
      .flatMap((one) => listTemplates(one.name, table)),
  );
  let best: FoundTemplate | undefined;
  for (const template of candidates) {
    if (findTemplateProblem(template, period) !== undefined) continue;
    const others = partitions
      .filter((one) => formatPartitionName(template, table, one, zone) !== one.name)
      .map((one) => one.name);
    if (!best || others.length < best.others.length) best = { template, others };
  }
  return best && best.others.length * 2 < partitions.length ? best : undefined;
}

/** Returns every reading of a name; a name with braces would be confused with a template. */
function listTemplates(name: string, table: string): string[] {
  if (/[{}]/.test(name)) return [];
  const prefix = name.startsWith(table) ? "{table}" : "";
  const rest = prefix === "" ? name : name.slice(table.length);
  return rest
    .split(/(\d+)/)
    .filter((part) => part !== "")
    .reduce<string[]>((texts, part) => texts.flatMap((text) => listReadings(part).map((one) => text + one)), [prefix]);
}

/** Longer runs of digits would give too many combinations and are taken literally. */
const LONGEST_RUN = 10;

function listReadings(part: string): readonly string[] {
  if (!/^\d+$/.test(part) || part.length > LONGEST_RUN) return [part];
  const fitting = READINGS.filter((reading) => measureWidth(reading) === part.length);
  return [...fitting, part];
}

function measureWidth(reading: string): number {
  const widths: Readonly<Record<string, number>> = { yyyy: 4, gggg: 4, q: 1 };
  return [...reading.matchAll(/\{(\w+)\}/g)].reduce((sum, match) => sum + (widths[match[1] ?? ""] ?? 2), 0);
}
