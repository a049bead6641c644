import { expect, it } from "vitest";
import { keyFiles, keyTemplateProblem } from "../../../core/archive/key-template";
import { keyInStore, manifestKey, partKey, storeOfManifest, uploadsPrefix } from "../../../core/archive/layout";
import { parseInterval } from "../../../core/time/interval";
import { requireTableSpec } from "../../../core/spec/parse";
import { eventsTable } from "../../support/harness/fixture";

const values = {
  database: "app",
  schema: "public",
  table: "orders",
  partition: "orders_p2024_03",
  path: [],
  bounds: parseInterval("2024-02-29T23:00:00Z/2024-03-31T22:00:00Z"),
  zone: "Europe/Berlin",
};

it("a template gives the first part the name that was asked for, and every other one a name of its own", () => {
  const first = keyFiles("{table}/{yyyy}-{mm}.csv.zst", "csv.zst", 1, values);
  expect(partKey(first, 1, "csv.zst")).toBe("orders/2024-03.csv.zst");
  expect(partKey(first, 2, "csv.zst")).toBe("orders/2024-03.part-00002.csv.zst");
  expect(manifestKey(first)).toBe("orders/_2024-03.manifest.json");
  expect(uploadsPrefix(first)).toBe("orders/2024-03.");
  const second = keyFiles("{table}/{yyyy}-{mm}.csv.zst", "csv.zst", 2, values);
  expect(partKey(second, 1, "csv.zst")).toBe("orders/2024-03.gen-2.csv.zst");
  expect(partKey(second, 12, "csv.zst")).toBe("orders/2024-03.gen-2.part-00012.csv.zst");
  expect(manifestKey(second)).toBe("orders/_2024-03.gen-2.manifest.json");
});

it("names and values cannot leave their place, nor mean another", () => {
  const odd = { ...values, table: "../a.b", path: ["north", "4/2"] };
  const files = keyFiles("{table}/{branch}/{partition}.parquet", "parquet", 1, odd);
  expect(partKey(files, 1, "parquet")).toBe("!2E!2E!2Fa!2Eb/north.4!2F2/orders_p2024_03.parquet");
  expect(keyFiles("{branch}.csv", "csv", 1, { ...values, path: ["a.b"] })).not.toEqual(
    keyFiles("{branch}.csv", "csv", 1, { ...values, path: ["a", "b"] }),
  );
  expect(keyFiles("{yyyy}-{mm}.csv", "csv", 1, { ...values, bounds: parseInterval("../2024-01-01") }).stem).toBe(
    "start-start",
  );
});

it.each([
  ["{table}/{yyyy}.csv.zst", "month", false, /two month partitions would share a key/],
  ["{table}/{yyyy}-{mm}.csv.zst", "day", false, /two day partitions/],
  ["{table}.csv.zst", "year", false, /two year partitions/],
  ["{yyyy}-{mm}.csv.zst", "month", true, /two branches would share a key/],
  ["{yyyy}-{month}.csv.zst", "month", false, /\{month\} is no placeholder/],
  ["{yyyy}-{mm}.csv", "month", false, /does not end in "\.csv\.zst"/],
  ["/{yyyy}-{mm}.csv.zst", "month", false, /a key has letters/],
  ["../{yyyy}-{mm}.csv.zst", "month", false, /a key has letters/],
  ["a//{yyyy}-{mm}.csv.zst", "month", false, /a key has letters/],
  ["a b/{yyyy}-{mm}.csv.zst", "month", false, /a key has letters/],
  ["%2e/{yyyy}-{mm}.csv.zst", "month", false, /a key has letters/],
  ["{branch}/{yyyy}-{mm}.csv.zst", "month", true, undefined],
  ["{partition}.csv.zst", "hour", true, undefined],
  ["y={yyyy}/m={mm}/{table}.csv.zst", "month", false, undefined],
  ["{table}/{gggg}-{ww}.csv.zst", "week", false, undefined],
] as const)("the template %s of %s partitions (branched: %s)", (template, period, branched, expected) => {
  const problem = keyTemplateProblem(template, "csv.zst", { periods: [period], branched });
  if (expected === undefined) expect(problem).toBeUndefined();
  else expect(problem?.message).toMatch(expected);
});

it("a manifest is found again by its place alone, in the folder of its parts", () => {
  expect(storeOfManifest("s3://b/x/orders/_2024-03.gen-2.manifest.json")).toBe("s3://b/x/orders");
  expect(keyInStore("s3://b/x", "s3://b/x/orders/_2024-03.manifest.json")).toBe("orders/_2024-03.manifest.json");
  expect(keyInStore("s3://b/y", "s3://b/x/orders/_2024-03.manifest.json")).toBeUndefined();
  expect(keyInStore("file:///d/y%3D2024", "file:///d/y=2024/_03.manifest.json")).toBe("_03.manifest.json");
});

const archived = (archive: object) =>
  requireTableSpec(eventsTable({ onExpire: "archive", archive: { to: "s3://bucket/x", ...archive } }), "t").window
    .archive;

it("format and keys are read with their defaults, and only what is declared travels", () => {
  expect(archived({})).toEqual({ to: "s3://bucket/x", format: "parquet", verify: "checksum", spoolMegabytes: 256 });
  expect(archived({ format: "csv", keys: "{yyyy}-{mm}.csv.zst" })).toMatchObject({
    format: "csv",
    keys: "{yyyy}-{mm}.csv.zst",
  });
});

it.each([
  [{ format: "csv", keys: "{table}/{yyyy}.csv.zst" }, /archive\.keys: two month partitions/],
  [{ keys: "{table}/{yyyy}-{mm}.csv.zst" }, /archive\.keys: the key does not end in "\.parquet"/],
  [{ format: "xml" }, /archive\.format/],
])("refused: %j", (archive, expected) => {
  expect(() => archived(archive)).toThrow(expected);
});
