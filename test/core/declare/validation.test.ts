import { expect, test } from "vitest";
import { InvalidSpecError, type ProblemCode } from "../../../core/problems/problem";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { parseTableSpec, requireTableSpec } from "../../../core/declare/table/parse";
import { VALID } from "../support/specs";

type Json = Record<string, unknown>;

/** The valid declaration with one value put in at a path; undefined takes the property out. */
function broken(path: string, value: unknown): Json {
  const copy = structuredClone(VALID) as unknown as Json;
  const parts = path.split("/");
  const last = parts.pop() ?? "";
  const at = parts.reduce<Json>((inner, part) => inner[part] as Json, copy);
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

function problemsOf(args: unknown) {
  const parsed = parseTableSpec(args);
  return parsed.ok ? [] : parsed.problems;
}

test("finds nothing wrong with a valid declaration", () => expect(problemsOf(VALID)).toEqual([]));

const OUTPUT = { __pulumiOutput: true };

test.each<[what: string, at: string, value: unknown, path: string, code: ProblemCode, message: RegExp, fix: RegExp]>([
  [
    "retention 0",
    "window/retention",
    "0 months",
    "window.retention",
    "invalid-span",
    /"0 months" is not a length of time/,
    /from 1 to 12000/,
  ],
  [
    "a negative retention",
    "window/retention",
    "-1 months",
    "window.retention",
    "invalid-span",
    /"-1 months"/,
    /"12 months"/,
  ],
  [
    "a bare number as retention",
    "window/retention",
    12,
    "window.retention",
    "invalid-span",
    /^12 is not a length of time with its unit/,
    /a unit .*hours.*years/,
  ],
  [
    "a bare number as lead",
    "window/lead",
    3,
    "window.lead",
    "invalid-span",
    /^3 is not a length of time/,
    /"12 months".* Or: /,
  ],
  ["lead 0", "window/lead", "0 months", "window.lead", "invalid-span", /"0 months"/, /from 1/],
  ["a bare number as grace", "grace", 7, "grace", "invalid-span", /^7 is not/, /unit/],
  ["no retention", "window/retention", undefined, "window.retention", "missing-property", /missing/, /"12 months"/],
  ["no lead", "window/lead", undefined, "window.lead", "missing-property", /missing/, /"12 months"/],
  ["no onExpire", "onExpire", undefined, "onExpire", "missing-property", /missing/, /"detach", "drop"/],
  [
    "an unknown onExpire",
    "onExpire",
    "delete",
    "onExpire",
    "invalid-value",
    /"delete" is not allowed/,
    /"detach", "drop"/,
  ],
  [
    "an Output as retention",
    "window/retention",
    OUTPUT,
    "window.retention",
    "plain-value-required",
    /an Output/,
    /configuration/,
  ],
  ["an Output as table", "table", OUTPUT, "table", "plain-value-required", /an Output/, /connection, bucket and roles/],
  [
    "an Output in a list",
    "primaryKey/0",
    OUTPUT,
    "primaryKey[0]",
    "plain-value-required",
    /an Output/,
    /plain|configuration/,
  ],
  ["a promise", "reason", Promise.resolve("x"), "reason", "plain-value-required", /Promise/, /configuration/],
  [
    "retention forever without start",
    "window/retention",
    "forever",
    "window.start",
    "missing-property",
    /"forever" has no horizon/,
    /start: "2024-01-01"/,
  ],
  ["a start that is no time", "window/start", "2024-13-01", "window.start", "invalid-time", /"2024-13-01"/, /ISO 8601/],
  [
    "an until that is no time",
    "window/lead",
    { until: "soon" },
    "window.lead.until",
    "invalid-time",
    /"soon"/,
    /ISO 8601/,
  ],
  [
    "a misspelt property of lead",
    "window/lead",
    { till: "2027" },
    "window.lead.until",
    "missing-property",
    /missing/,
    /a text/,
  ],
  [
    "a confirmation that is no range",
    "confirmDrops",
    ["2025-01"],
    "confirmDrops[0]",
    "invalid-time",
    /"2025-01"/,
    /Copy it from preview/,
  ],
  ["an allowance that is no range", "allowEmpty", ["x/y"], "allowEmpty[0]", "invalid-time", /"x\/y"/, /Copy it/],
  [
    "grace where nothing is dropped",
    "onExpire",
    "detach",
    "grace",
    "invalid-value",
    /never drops/,
    /onExpire: "archive" or "drop"/,
  ],
  ["0 drops an update", "maxDropsPerUpdate", 0, "maxDropsPerUpdate", "invalid-value", /^0 is too small/, /at least 1/],
  [
    "1001 drops an update",
    "maxDropsPerUpdate",
    1001,
    "maxDropsPerUpdate",
    "invalid-value",
    /^1001 is too large/,
    /at most 1000/,
  ],
  [
    "half a drop",
    "maxDropsPerUpdate",
    2.5,
    "maxDropsPerUpdate",
    "invalid-value",
    /^2.5 is not a whole number/,
    /whole number/,
  ],
  ["a text for a flag", "paused", "no", "paused", "invalid-value", /^"no" is not true or false/, /true or false/],
  [
    "an unknown property",
    "retention",
    "12 months",
    "retention",
    "unknown-property",
    /no property "retention"/,
    /spelling/,
  ],
  [
    "an unknown property of a column",
    "columns/id",
    { type: "int8", nulls: true },
    "columns.id.nulls",
    "unknown-property",
    /"nulls"/,
    /spelling/,
  ],
  ["an empty table name", "table", "", "table", "invalid-value", /"" is empty/, /at least 1 character/],
  ["an empty list of levels", "partitionBy", [], "partitionBy", "invalid-value", /is empty/, /at least 1 item/],
  [
    "a second time level",
    "partitionBy/1",
    { range: "ts" },
    "partitionBy",
    "levels",
    /2 levels cut the table by time/,
    /exactly one level/,
  ],
  [
    "an unknown key column",
    "partitionBy/0/range",
    "timestamp",
    "partitionBy[0].range",
    "unknown-column",
    /no column "timestamp"/,
    /id, run_id, ts, type, payload/,
  ],
  [
    "an unknown column in the primary key",
    "primaryKey",
    ["idd", "ts"],
    "primaryKey[0]",
    "unknown-column",
    /"idd"/,
    /Declared columns/,
  ],
  [
    "an unknown column in an index",
    "indexes/run_id/columns",
    ["run"],
    "indexes.run_id.columns[0]",
    "unknown-column",
    /"run"/,
    /run_id/,
  ],
  [
    "an unknown column in an index column",
    "indexes/run_id/columns",
    [{ column: "run" }],
    "indexes.run_id.columns[0].column",
    "unknown-column",
    /"run"/,
    /run_id/,
  ],
  [
    "an unknown included column",
    "indexes/run_id/include",
    ["run"],
    "indexes.run_id.include[0]",
    "unknown-column",
    /"run"/,
    /run_id/,
  ],
  [
    "an unknown column in a unique constraint",
    "uniques/one_type",
    ["x", "ts"],
    "uniques.one_type[0]",
    "unknown-column",
    /"x"/,
    /Declared/,
  ],
  [
    "a nullable key",
    "columns/ts",
    { type: "timestamptz", nullable: true },
    "partitionBy[0].range",
    "key-nullable",
    /"ts" may be NULL/,
    /nullable/,
  ],
  [
    "a primary key that may be NULL",
    "columns/id",
    { type: "bigint", nullable: true },
    "columns.id.nullable",
    "invalid-value",
    /"id" is part of the primary key/,
    /Remove nullable/,
  ],
  [
    "a declared column that is to be dropped",
    "dropColumns",
    ["payload"],
    "dropColumns[0]",
    "invalid-value",
    /"payload" is declared and confirmed to be dropped/,
    /Remove it from columns, or from dropColumns/,
  ],
  [
    "a key outside the primary key",
    "primaryKey",
    ["id"],
    "primaryKey",
    "key-not-in-primary-key",
    /\(id\) lacks the partition key "ts"/,
    /Make it \("id", "ts"\)\. .*ON CONFLICT \("id"\) fails with 42P10/,
  ],
  [
    "a key outside a unique constraint",
    "uniques/one_type",
    ["type"],
    "uniques.one_type",
    "key-not-in-unique",
    /\(type\) lacks/,
    /ON CONFLICT has to name all of \("type", "ts"\)/,
  ],
  [
    "a key outside a unique index",
    "indexes/run_id/unique",
    true,
    "indexes.run_id.columns",
    "key-not-in-unique",
    /"run_id" lacks/,
    /Make it \("run_id", "ts"\)/,
  ],
  ["a key of type text", "columns/ts", "text", "partitionBy[0].range", "key-type", /has type text/, /timestamptz/],
  [
    "a number as key without a unit",
    "columns/ts",
    "bigint",
    "partitionBy[0].range",
    "key-type",
    /has type bigint/,
    /"epoch-s", "epoch-ms"/,
  ],
  [
    "hours in a zone with daylight saving",
    "partitionBy/0",
    { range: "ts", every: "hour", zone: "Europe/Helsinki" },
    "partitionBy[0].zone",
    "invalid-zone",
    /not regular in Europe\/Helsinki/,
    /"UTC"/,
  ],
  [
    "a zone that does not exist",
    "partitionBy/0/zone",
    "Mars/Olympus",
    "partitionBy[0].zone",
    "invalid-zone",
    /"Mars\/Olympus"/,
    /IANA/,
  ],
  [
    "an unknown period",
    "partitionBy/0/every",
    "decade",
    "partitionBy[0].every",
    "invalid-value",
    /"decade" is not allowed/,
    /"quarter"/,
  ],
  [
    "both every and grid",
    "partitionBy/0/grid",
    [{ every: "month" }],
    "partitionBy[0].every",
    "grid",
    /both every and grid/,
    /Keep one/,
  ],
  [
    "a name template that repeats itself",
    "partitionBy/0/name",
    "{table}_{yyyy}",
    "partitionBy[0].name",
    "name-template",
    /"\{table\}_\{yyyy\}": two month partitions/,
    /Change/,
  ],
  [
    "a name template with an unknown placeholder",
    "partitionBy/0/name",
    "{table}_{month}",
    "partitionBy[0].name",
    "name-template",
    /unknown placeholder \{month\}/,
    /Change/,
  ],
  ["a table name over 63 bytes", "table", "ä".repeat(32), "table", "name-too-long", /has 64 bytes/, /shorter/],
  ["a NUL in the table's name", "table", "a\0b", "table", "invalid-name", /a\\u0000b" contains a NUL/, /Remove/],
  ["half a character in a name", "table", "a\ud800", "table", "invalid-name", /half of a character/, /Remove/],
  ["a placeholder in the table's name", "table", "a{partition}", "table", "invalid-name", /\{partition\}/, /without/],
  [
    "a NUL in a template",
    "partitionBy/0/name",
    "a\0{yyyy}{mm}",
    "partitionBy[0].name",
    "invalid-name",
    /NUL/,
    /Remove/,
  ],
  [
    "a NUL in the key of an index",
    "indexes",
    { "a\0b": { columns: ["type"] } },
    'indexes["a\\u0000b"]',
    "invalid-name",
    /NUL/,
    /Remove/,
  ],
  [
    "an index name over 63 bytes",
    "indexes/run_id/name",
    "x".repeat(64),
    "indexes.run_id.name",
    "name-too-long",
    /64 bytes/,
    /shorter/,
  ],
  ["a temporary schema", "schema", "pg_temp", "schema", "invalid-name", /"pg_temp" belongs to PostgreSQL/, /reserved/],
  [
    "two indexes of one name",
    "indexes/run_ts/name",
    "workflow_events_run_id",
    "indexes.run_ts.name",
    "name-collision",
    /index "run_id" and the index "run_ts"/,
    /\{index\}/,
  ],
  [
    "two leaf indexes of one name",
    "indexes/run_ts/leafName",
    "{partition}_run_id_idx",
    "indexes.run_ts.leafName",
    "name-collision",
    /"\{partition\}_run_id_idx"/,
    /\{index\}/,
  ],
  [
    "an index called as the table",
    "indexes/run_ts/name",
    "{table}",
    "indexes.run_ts.name",
    "name-collision",
    /the table and the index/,
    /name/,
  ],
  [
    "a leaf index called as the partition",
    "indexes/run_ts/leafName",
    "{partition}",
    "indexes.run_ts.leafName",
    "name-collision",
    /the partition and/,
    /name/,
  ],
  [
    "a leaf index called as the primary key",
    "indexes/pkey",
    { columns: ["type"] },
    "indexes.pkey.name",
    "name-collision",
    /the primary key/,
    /name/,
  ],
  [
    "a leaf name without partition",
    "indexes/run_ts/leafName",
    "one",
    "indexes.run_ts.leafName",
    "name-template",
    /the same name on every partition/,
    /\{partition\}/,
  ],
  [
    "an unknown placeholder in an index name",
    "indexes/run_ts/name",
    "{tbl}_x",
    "indexes.run_ts.name",
    "name-template",
    /\{tbl\}/,
    /\{table\}, \{index\}/,
  ],
  [
    "a type with more in it",
    "columns/type",
    "text PRIMARY KEY",
    "columns.type.type",
    "invalid-value",
    /"text PRIMARY KEY"/,
    /properties/,
  ],
  [
    "a type with SQL in it",
    "columns/type",
    "text); DROP TABLE x; --",
    "columns.type.type",
    "invalid-value",
    /is not the name of a type/,
    /type alone/,
  ],
  [
    "a type with an open quote",
    "columns/type",
    'text"',
    "columns.type.type",
    "invalid-value",
    /is not the name/,
    /type alone/,
  ],
  [
    "a default that is more than one",
    "columns/ts",
    { type: "timestamptz", default: "now(), ADD COLUMN x int" },
    "columns.ts.default",
    "invalid-value",
    /not one SQL expression: it holds a comma/,
    /the expression alone/,
  ],
  [
    "a check that closes its bracket",
    "checks/type_known",
    "true); DROP TABLE x; --",
    "checks.type_known",
    "invalid-value",
    /not one SQL expression/,
    /the expression alone/,
  ],
  [
    "a column with default and identity",
    "columns/id",
    { type: "bigint", default: "1", identity: "always" },
    "columns.id.default",
    "invalid-value",
    /both/,
    /one of them/,
  ],
  [
    "a foreign key with too few columns",
    "foreignKeys/workflow_events_run_id_fkey/references/columns",
    ["a", "b"],
    "foreignKeys.workflow_events_run_id_fkey.references.columns",
    "invalid-value",
    /pairs \(run_id\) with \(a, b\)/,
    /one referenced column/,
  ],
])("refuses %s", (_what, at, value, path, code, message, fix) => {
  const args =
    at === "onExpire" && value === "detach" ? { ...VALID, onExpire: value, grace: "7 days" } : broken(at, value);
  const found = problemsOf(args).find((problem) => problem.path === path && problem.code === code);
  expect(found, JSON.stringify(problemsOf(args), null, 1)).toBeDefined();
  expect(found?.message).toMatch(message);
  expect(found?.fix).toMatch(fix);
});

const WHOLE = { from: "2020-01-01", to: "2024-01-01", every: "whole", name: "history" };

test.each<[what: string, grid: unknown[], path: string, message: RegExp]>([
  [
    "a gap",
    [WHOLE, { from: "2024-02-01", every: "month" }],
    "partitionBy[0].grid[1].from",
    /leave a gap between 2024-01-01T00:00:00Z and 2024-02-01/,
  ],
  ["an overlap", [WHOLE, { from: "2023-12-01", every: "month" }], "partitionBy[0].grid[1].from", /overlap between/],
  ["a missing beginning", [WHOLE, { every: "month" }], "partitionBy[0].grid[1].from", /only the first/],
  [
    "a wrong order",
    [
      { from: "2024-01-01", every: "month" },
      { from: "2023-01-01", every: "week" },
    ],
    "partitionBy[0].grid[1].from",
    /not in order/,
  ],
  [
    "a reversed segment",
    [{ from: "2024-01-01", to: "2023-01-01", every: "month" }],
    "partitionBy[0].grid[0]",
    /ends \(2023-.*\) before it begins \(2024-/,
  ],
  [
    "a whole segment without end",
    [{ from: "2024-01-01", every: "whole", name: "x" }],
    "partitionBy[0].grid[0]",
    /one partition/,
  ],
  ["a whole segment without name", [{ ...WHOLE, name: undefined }], "partitionBy[0].grid[0]", /one partition/],
])("refuses a grid with %s", (_what, grid, path, message) => {
  const found = problemsOf({ ...VALID, partitionBy: [{ range: "ts", grid }] }).find((problem) => problem.path === path);
  expect(found?.code).toBe("grid");
  expect(found?.message).toMatch(message);
});

test("refuses a segment that begins at noon where the key is a date", () => {
  const columns = { ...VALID.columns, ts: "date" };
  const grid = [{ from: "2024-01-01T12:00:00Z", every: "day" }];
  const [found] = problemsOf({ ...VALID, columns, partitionBy: [{ range: "ts", grid }] });
  expect(found).toMatchObject({ path: "partitionBy[0].grid[0].from", code: "grid" });
  expect(found?.message).toContain("a key of kind date cannot hold 2024-01-01T12:00:00Z exactly");
});

test("refuses a segment that begins after the last second that an integer holds", () => {
  const columns = { ...VALID.columns, ts: "integer" };
  const grid = [{ from: "2038-02-01", every: "month" }];
  const [found] = problemsOf({ ...VALID, columns, partitionBy: [{ range: "ts", key: "epoch-s", grid }] });
  expect(found).toMatchObject({ path: "partitionBy[0].grid[0].from", code: "grid" });
  expect(found?.message).toContain("four bytes (to 2038-01-19) cannot hold 2038-02-01T00:00:00Z exactly");
});

test("refuses hours on a date", () => {
  const columns = { ...VALID.columns, ts: "date" };
  expect(problemsOf({ ...VALID, columns, partitionBy: [{ range: "ts", every: "hour" }] })[0]?.message).toContain(
    "holds no hours",
  );
});

test.each(["primaryKey", "uniques", "checks", "foreignKeys"] as const)(
  "refuses %s where another tool owns the columns",
  (property) => {
    const {
      columns: _columns,
      primaryKey: _key,
      uniques: _uniques,
      checks: _checks,
      foreignKeys: _foreign,
      ...rest
    } = VALID;
    const [found, ...others] = problemsOf({ ...rest, [property]: VALID[property] });
    expect(others).toEqual([]);
    expect(found).toMatchObject({ path: property, code: "invalid-value" });
  },
);

test("takes a key column that is named timestamp", () => {
  const spec = requireTableSpec(
    {
      ...VALID,
      columns: { ...VALID.columns, timestamp: "timestamp" },
      primaryKey: undefined,
      uniques: {},
      partitionBy: [{ range: "timestamp" }],
    },
    "test",
  );
  expect(spec.window.key).toEqual({ column: "timestamp", encoding: "time", kind: "timestamp", zone: "UTC" });
});

test("reports every problem at once, each with its own path", () => {
  const args = {
    ...VALID,
    table: "x".repeat(64),
    primaryKey: ["id"],
    window: { lead: "0 months", retention: "0 months" },
    partitionBy: [{ range: "ts", zone: "Nowhere" }],
  };
  expect(problemsOf(args).map((problem) => problem.path)).toEqual([
    "table",
    "partitionBy[0].zone",
    "primaryKey",
    "window.lead",
    "window.retention",
  ]);
});

test("reports every problem of shape at once, Outputs among them", () => {
  const args = { ...VALID, table: OUTPUT, onExpire: "burn", foo: 1, paused: 1 };
  const paths = problemsOf(args).map((problem) => problem.path);
  expect(paths.sort()).toEqual(["foo", "onExpire", "paused", "table"]);
});

test.each([undefined, null, 5, "x", []])("refuses %j as a whole declaration", (value) => {
  expect(problemsOf(value).length).toBeGreaterThan(0);
});

test("survives values that refer to themselves, functions and bigints", () => {
  const circle: Json = {};
  circle["self"] = circle;
  for (const value of [circle, () => 1, 10n, Symbol("x")])
    expect(problemsOf({ ...VALID, table: value })[0]?.path).toBe("table");
});

test("the error of a component lists each problem with path, message and fix", () => {
  const wrong = () =>
    requireTableSpec({ ...VALID, window: { lead: "3", retention: "0 months" } }, 'PartitionedTable "events"');
  expect(wrong).toThrow(InvalidSpecError);
  expect(wrong).toThrow(
    /^PartitionedTable "events" is not valid:\n {2}- window.lead: "3" is not .*\n {2}- window.retention: "0 months" is not/,
  );
});

test("fills in every default", () => {
  const args: TableSpecArgs = {
    table: "t",
    partitionBy: [{ range: "ts" }],
    window: { lead: "1 month", retention: "1 month" },
    onExpire: "drop",
  };
  expect(requireTableSpec(args, "t").window).toMatchObject({
    schema: "public",
    key: { column: "ts", encoding: "time", kind: undefined, zone: "UTC" },
    grid: [{ every: "month", name: "{table}_p{yyyy}_{mm}" }],
    grace: { count: 7, unit: "day" },
    maxDropsPerUpdate: 3,
    paused: false,
    resources: "partition",
  });
});
