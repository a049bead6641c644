import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { describeCatalogTable } from "../../../core/archive/catalog/catalog";
import { listCatalogBranches } from "../../../core/archive/catalog/catalog-branches";
import { buildProjection } from "../../../core/archive/catalog/catalog-projection";
import { buildLatestGenerationsQuery, encodeView } from "../../../core/archive/catalog/catalog-view";
import { formatArchiveFolder } from "../../../core/store/layout";
import { requireTableSpec } from "../../../core/declare/table/parse";
import { listIntervalsBetween } from "../../../core/time/grid";
import { addSpan } from "../../../core/time/span";
import { parseInstant } from "../../../core/time/instant";

const declared: TableSpecArgs = {
  schema: "app",
  table: "Events 2",
  columns: { id: "bigserial", at: "timestamptz" },
  primaryKey: ["id", "at"],
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "1 month", retention: "2 months" },
  onExpire: "detach",
};
const since = parseInstant("2024-02-20T13:00:00Z", "UTC");
const now = parseInstant("2025-03-10T12:30:00Z", "UTC");
const made = (changes: Partial<TableSpecArgs> = {}, domains: Record<string, string> = {}) =>
  describeCatalogTable(requireTableSpec({ ...declared, ...changes }, "a table"), {
    database: "my-app",
    branches: [],
    since,
    now,
    domains,
  });

/** The values that Athena computes from a projection, up to now. */
function projected(projection: Readonly<Record<string, string>>, key: string): string[] {
  const setting = (name: string): string => projection[`projection.${key}.${name}`] ?? "";
  if (setting("type") === "enum") return setting("values").split(",");
  const unit = setting("interval.unit").toLowerCase().replace(/s$/, "") as "month";
  const read = (text: string) =>
    parseInstant(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"), "UTC");
  const values: string[] = [];
  for (let at = read(setting("range").split(",")[0] ?? ""); at.epochNanoseconds <= now.epochNanoseconds;) {
    values.push(at.toString().replaceAll(/[-:]/g, ""));
    at = addSpan(at, { count: Number(setting("interval")), unit }, "UTC");
  }
  return values;
}

describe("the archives that a catalogue finds", () => {
  test.each(["hour", "day", "week", "month", "quarter", "year"] as const)(
    "are those of every %s since then, by their folders",
    (every) => {
      const spec = requireTableSpec({ ...declared, partitionBy: [{ range: "at", every }] }, "a table");
      const table = describeCatalogTable(spec, { database: "my-app", branches: [], since, now, domains: {} });
      const { schema, window } = spec;
      const folders = [...listIntervalsBetween(window.grid, since, now, "UTC")].map((bounds) =>
        formatArchiveFolder({ database: "my-app", schema, table: spec.table, path: [], bounds, generation: 3 }),
      );
      const found = projected(table.projection, "archive_from").map(
        (from) => `${table.folder}/${table.template.replace("${archive_from}", from).replace("${archive_gen}", "3")}/`,
      );
      expect(found).toEqual(folders);
      expect(table.projection["projection.archive_from.type"]).toBe("date");
    },
  );

  test("are listed one by one where a rule cannot name them: another time zone, a grid that changed", () => {
    const grid = [
      { from: undefined, to: parseInstant("2024-07-01", "UTC"), every: "quarter" as const, name: "q" },
      { from: parseInstant("2024-07-01", "UTC"), to: undefined, every: "month" as const, name: "m" },
    ];
    const key = { column: "at", encoding: "time" as const, kind: undefined, zone: "UTC" };
    const until = parseInstant("2024-08-15", "UTC");
    expect(buildProjection("f", { grid, key }, since, until)).toEqual({
      "projection.f.type": "enum",
      "projection.f.values": "20240101T000000Z,20240401T000000Z,20240701T000000Z,20240801T000000Z",
    });
    const berlin = buildProjection("f", { grid: grid.slice(1), key: { ...key, zone: "Europe/Berlin" } }, since, until);
    expect(berlin["projection.f.values"]).toBe("20240701T000000Z,20240731T220000Z");
  });
});

describe("the branches that a catalogue finds", () => {
  const levels = (partitionBy: TableSpecArgs["partitionBy"]) =>
    requireTableSpec(
      {
        ...declared,
        columns: { ...declared.columns, region: "text" },
        primaryKey: ["id", "at", "region"],
        partitionBy,
      },
      "a table",
    );
  const region = { list: "region", values: ["east", "a/b"], name: "{base}_{value}" };
  const months = { range: "at", every: "month" } as const;

  test("are every combination of the declared values, by the folders of their archives", () => {
    const spec = levels([region, { hash: "id", modulus: 2, name: "{base}_{remainder}" }, months]);
    const branches = listCatalogBranches(spec.window.levels) as string[];
    expect(branches).toEqual(["east+0", "east+1", "a%2Fb+0", "a%2Fb+1"]);
    const table = describeCatalogTable(spec, { database: "my-app", branches, since, now, domains: {} });
    const bounds = { from: parseInstant("2024-02-01", "UTC"), to: parseInstant("2024-03-01", "UTC") };
    const place = { database: "my-app", schema: spec.schema, table: spec.table, bounds, generation: 1 };
    const keys = { archive_branch: "a%2Fb+1", archive_from: "20240201T000000Z", archive_gen: "1" };
    const found = Object.entries(keys).reduce(
      (text, [key, value]) => text.replace(`\${${key}}`, value),
      table.template,
    );
    expect(`${table.folder}/${found}/`).toBe(formatArchiveFolder({ ...place, path: ["a/b", "1"] }));
    expect(table.projection).toMatchObject({
      "projection.archive_branch.type": "enum",
      "projection.archive_branch.values": branches.join(","),
    });
    expect(buildLatestGenerationsQuery("c", table)).toContain(
      "GROUP BY archive_branch, archive_from) l ON g.archive_branch = l.archive_branch AND g.archive_from",
    );
  });

  test("are named by the program where their values are in the database", () => {
    const spec = levels([{ ...region, values: { from: "app.regions", column: "code" } }, months]).window;
    expect(listCatalogBranches(spec.levels)).toBe("values-needed");
    expect(listCatalogBranches(spec.levels, [["east"], ["x y"]])).toEqual(["east", "x%20y"]);
    expect(listCatalogBranches(spec.levels, [["east", "1"]])).toBe("wrong-length");
  });

  test("cannot be told where single ones have another interval", () => {
    const daily = { ...months, overrides: [{ when: { region: "east" }, every: "day" as const }] };
    expect(listCatalogBranches(levels([region, daily]).window.levels)).toBe("intervals-differ");
  });
});

describe("the columns of a catalogue", () => {
  test("have the types of the files, with the texts next to those that may lose something", () => {
    const columns = {
      id: "bigserial",
      at: "timestamptz",
      Amount: "numeric(10,2)",
      big: "numeric",
      ratio: "float8",
      flag: "bool",
      on: "date",
      raw: "bytea",
      tags: "text[]",
      mood: "app.mood",
      small: "int2",
      from: "uuid",
    };
    expect(made({ columns }).columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "id bigint",
      "at timestamp",
      "at__text string",
      "amount decimal(10,2)",
      "amount__text string",
      "big double",
      "big__text string",
      "ratio double",
      "ratio__text string",
      "flag boolean",
      "on date",
      "on__text string",
      "raw binary",
      "tags string",
      "mood string",
      "small smallint",
      "from_2 string",
    ]);
  });

  test("of a domain have the type below it, which its name does not show", () => {
    const columns = { id: "bigserial", at: "timestamptz", price: "app.price" };
    const priceOf = (domains: Record<string, string>) =>
      made({ columns }, domains).columns.find(({ name }) => name === "price");
    expect(priceOf({})).toEqual({ name: "price", type: "string" });
    expect(priceOf({ "app.price": "decimal(12, 4)" })).toEqual({ name: "price", type: "decimal(12,4)" });
  });

  test("names are lower case letters, digits and underscores", () => {
    expect(made()).toMatchObject({ name: "app_events_2_generations", view: "app_events_2" });
    expect(made().folder).toBe("my-app/app/table=Events%202");
  });
});

test("the view is kept as Athena keeps its own: as JSON in base 64", () => {
  const [, base64 = ""] = /^\/\* Presto View: (\S+) \*\/$/.exec(encodeView("my_app", made())) ?? [];
  expect(JSON.parse(Buffer.from(base64, "base64").toString("utf8"))).toEqual({
    originalSql: buildLatestGenerationsQuery("my_app", made()),
    catalog: "awsdatacatalog",
    schema: "my_app",
    columns: [
      { name: "id", type: "bigint" },
      { name: "at", type: "timestamp" },
      { name: "at__text", type: "varchar" },
      { name: "archive_from", type: "varchar" },
      { name: "archive_gen", type: "integer" },
    ],
  });
});
