import { quote, quoteQualified } from "../../names/identifier";
import { compareInstants, formatInstant } from "../../time/instant";
import { listColumnTypes } from "../../time/key";
import { listSome, nameTable, type Rule } from "./finding";
import type { KeyRows } from "./facts";

/** The column has to hold times, in a type that a window can be cut from. */
export const keyColumn: Rule = (facts) => {
  const { key, table, absentColumn } = facts;
  if (absentColumn !== undefined)
    return [
      {
        level: "blocker",
        message: `${nameTable(facts)} has no column "${absentColumn}".`,
        fix: `Name one of ${table.columns.map((one) => one.name).join(", ")}.`,
      },
    ];
  if (!key)
    return [
      {
        level: "blocker",
        message: `${nameTable(facts)} has no column of a type that holds times (${listColumnTypes("time").join(", ")}).`,
        fix: "Name the column by --column, and how its numbers or UUIDs hold times by --key; or add a timestamptz column, which without a volatile default rewrites nothing.",
      },
    ];
  const column = table.columns.find((one) => one.name === key.column);
  if (!key.kind)
    return [
      {
        level: "blocker",
        message: `column "${key.column}" (${key.type}) cannot hold times as ${key.encoding}.`,
        fix: `For ${key.encoding} its type has to be ${listColumnTypes(key.encoding).join(" or ")}; name another column by --column, or how it holds times by --key.`,
      },
    ];
  if (column?.generated)
    return [
      {
        level: "blocker",
        message: `column "${key.column}" is generated, and PostgreSQL partitions by none of these.`,
        fix: `ALTER TABLE ${quoteQualified(table.schema, table.name)} ALTER COLUMN ${quote(key.column)} DROP EXPRESSION, and fill it by a trigger or the application; or name another column.`,
      },
    ];
  return [
    {
      level: "note",
      message:
        key.rivals.length > 0
          ? `the key would be "${key.column}" (${key.type}); ${listSome(key.rivals)} could be it too. The best key never changes, and is in the conditions of most queries.`
          : `the key would be "${key.column}" (${key.type}).`,
    },
    ...(key.kind === "timestamp" || key.kind === "date"
      ? [
          {
            level: "note" as const,
            message: `"${key.column}" has no time zone: its values are read as times of ${key.zone}.`,
            fix: "Name the zone that the application writes by --zone.",
          },
        ]
      : []),
  ];
};

/** NULL belongs to no range: such a row would have no partition. */
export const keyNulls: Rule = ({ table, key }) => {
  const column = table.columns.find((one) => one.name === key?.column);
  if (!key || !column || (!column.nullable && column.unread !== true)) return [];
  const name = quoteQualified(table.schema, table.name);
  const { rows } = key;
  if (rows && rows.nulls > 0)
    return [
      {
        level: "blocker",
        message: `${rows.nullsCapped ? "at least " : rows.from === "sample" ? "about " : ""}${rows.nulls} rows have no "${key.column}", and NULL belongs to no partition.`,
        fix: `Give them a value in batches: UPDATE ${name} SET ${quote(key.column)} = … WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${name} WHERE ${quote(key.column)} IS NULL LIMIT 1000)), until no row is left.`,
      },
    ];
  return [
    {
      level: "handled",
      message: `"${key.column}" may be NULL${rows && rows.from !== "sample" ? ", and no row is" : ""}: the conversion proves that by a validated check, which stops no writer, and then sets NOT NULL without reading rows. From then on an insert has to give a value${column.default === undefined ? ": the column has no default" : ", or leave it to the default"}.`,
    },
  ];
};

/** Every row has to be before the end of the history. */
export const keyRange: Rule = (facts) => {
  const { key, now, historyUntil } = facts;
  if (!key) return [];
  const { rows } = key;
  if (!rows)
    return [
      {
        level: "note",
        message: `the range of "${key.column}" could not be read: ${key.unread ?? "no reason is known"}.`,
      },
    ];
  if (rows.min === undefined || rows.max === undefined)
    return [{ level: "note", message: `${nameTable(facts)} has no row: declare a new table instead, if it can wait.` }];
  const words = describeSource(rows);
  if (!rows.maxTime)
    return [
      {
        level: "blocker",
        message: `the greatest "${key.column}" is ${rows.max}, which is no finite time that a bound can follow (${words}).`,
        fix: `Give these rows a real time, or keep them elsewhere: SELECT … WHERE ${quote(key.column)} = '${rows.max}'.`,
        strategies: ["attach", "split"],
      },
    ];
  const range = `"${key.column}" is between ${rows.minTime ? formatInstant(rows.minTime) : rows.min} and ${formatInstant(rows.maxTime)} (${words}).`;
  if (historyUntil && compareInstants(rows.maxTime, historyUntil) >= 0)
    return [
      {
        level: "blocker",
        message: `${range} Rows at or after ${formatInstant(historyUntil)} do not fit into the history.`,
        fix: `Set historyUntil after ${formatInstant(rows.maxTime)}, or correct the rows beyond it.`,
        strategies: ["attach", "split"],
      },
    ];
  const ahead = compareInstants(rows.maxTime, now) > 0;
  return [
    {
      level: "note",
      message: `${range}${ahead ? " Rows are ahead of the present: the history has to end after them." : ""}`,
    },
    ...(historyUntil
      ? [
          {
            level: "note" as const,
            message: `from the first phase until the swap, writers may not insert rows at or after ${formatInstant(historyUntil)}.`,
            strategies: ["attach", "split"] as const,
          },
        ]
      : []),
  ];
};

function describeSource({ from, read }: KeyRows): string {
  switch (from) {
    case "index":
      return "exact, from an index";
    case "table":
      return "exact, every row was read";
    case "sample":
      return `estimated: a sample of ${read ?? 0} rows; others may be outside`;
  }
}
