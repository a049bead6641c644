import type { TableSpecArgs } from "../../declare/table/args";
import { declarePublications } from "../../adopt/carried";
import { declareColumns } from "../../adopt/declared-columns";
import { findIndexes } from "../../adopt/find-indexes";
import { renderProgram } from "../../adopt/program";
import { formatInstant, type Instant } from "../../time/instant";
import type { Period } from "../../time/period";
import type { SpanUnit } from "../../time/span";
import type { ConversionFacts } from "./facts";
import type { Finding } from "./finding";

/** Intervals ahead of the end of the history for which partitions are made: a forgotten month must not stop writers. */
const LEAD = 3;

/** Returns the program that converts the table. Undefined: it has no key, or no bound to cut at. */
export function writeConversion(
  facts: ConversionFacts,
  findings: readonly Finding[],
  options: { readonly management: string; readonly columns: boolean },
): string | undefined {
  const { table, key, historyUntil, every } = facts;
  if (!key || !historyUntil) return undefined;
  const { indexes, notes } = findIndexes(table, []);
  const kept = Object.entries(indexes).filter(
    ([, index]) => index.unique !== true || index.columns.includes(key.column),
  );
  const { columns, primaryKey, ...constraints } = options.columns
    ? declareColumns(table)
    : { columns: undefined, primaryKey: undefined };
  const args: TableSpecArgs = {
    table: table.name,
    schema: table.schema,
    ...(columns ? { columns: requireKey(columns, key.column) } : {}),
    ...(primaryKey ? { primaryKey: primaryKey.includes(key.column) ? primaryKey : [...primaryKey, key.column] } : {}),
    ...constraints,
    partitionBy: [
      {
        range: key.column,
        every,
        ...(key.zone === "UTC" ? {} : { zone: key.zone }),
        ...(key.encoding === "time" ? {} : { key: key.encoding }),
      },
    ],
    window: { lead: formatLead(every, facts.now, historyUntil), retention: "forever" },
    onExpire: "detach",
    ...(kept.length > 0 ? { indexes: Object.fromEntries(kept) } : {}),
    ...declarePublications(facts.replication),
    ...(facts.backup ? { requireBackupSince: { query: facts.backup.required.query } } : {}),
    convertFrom: { historyUntil: formatDay(historyUntil, key.zone) },
  };
  const blockers = findings.filter((one) => one.level === "blocker");
  return renderProgram({
    name: table.name,
    args,
    management: options.management,
    windowFrom: "the end of the history; retention deletes nothing before it is set",
    notes: [
      ...blockers.map((one) => `blocker (${one.about}): ${one.message}${one.fix === undefined ? "" : ` ${one.fix}`}`),
      ...notes,
    ],
  });
}

/** Declares the key NOT NULL, which the conversion makes it. */
function requireKey(
  columns: NonNullable<TableSpecArgs["columns"]>,
  key: string,
): NonNullable<TableSpecArgs["columns"]> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => {
      if (name !== key || typeof column === "string") return [name, column];
      const { nullable: _, ...rest } = column;
      return [name, Object.keys(rest).length === 1 ? rest.type : rest];
    }),
  );
}

const UNITS: Readonly<Record<Period, readonly [unit: SpanUnit, seconds: number]>> = {
  hour: ["hour", 3600],
  day: ["day", 86_400],
  week: ["week", 604_800],
  month: ["month", 2_628_000],
  quarter: ["quarter", 7_884_000],
  year: ["year", 31_536_000],
};

/** Returns a lead that reaches some intervals beyond the end of the history. */
function formatLead(every: Period, now: Instant, end: Instant): `${number} months` {
  const [unit, seconds] = UNITS[every];
  const until = Math.ceil((end.epochMilliseconds - now.epochMilliseconds) / 1000 / seconds);
  return `${until + LEAD} ${unit}s` as `${number} months`;
}

/** Writes a day alone where the bound is a midnight of the zone. */
export function formatDay(at: Instant, zone: string): string {
  const zoned = at.toZonedDateTimeISO(zone);
  return zoned.equals(zoned.startOfDay()) ? zoned.toPlainDate().toString() : formatInstant(at);
}
