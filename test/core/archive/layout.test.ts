import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatArchiveFolder,
  encodeSegment,
  findKeyInStore,
  formatPartName,
  findStoreOfManifest,
} from "../../../core/store/layout";
import { parseInterval } from "../../../core/time/interval";

const place = {
  database: "app",
  schema: "public",
  table: "events",
  path: [],
  bounds: parseInterval("2025-01-01T00:00:00Z/2025-02-01T00:00:00Z"),
  generation: 1,
};

test("is the Hive way, one folder for each range and generation", () => {
  expect(formatArchiveFolder(place)).toBe("app/public/table=events/from=20250101T000000Z/gen=1/");
  expect(formatArchiveFolder({ ...place, path: ["north", "42"], generation: 12 })).toBe(
    "app/public/table=events/branch=north+42/from=20250101T000000Z/gen=12/",
  );
  expect([formatPartName(9, "parquet"), formatPartName(10, "parquet")]).toEqual([
    "part-00009.parquet",
    "part-00010.parquet",
  ]);
});

test("no name leaves its folder, and two names never share one", () => {
  const name = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.constantFrom("..", ".", "../x", "a/b", "a%2fb", "a\\b", "_x", "é"),
  );
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(encodeSegment(a)).toMatch(/^[A-Za-z0-9_%-]+$/);
      if (a !== b) expect(encodeSegment(a)).not.toBe(encodeSegment(b));
      expect(formatArchiveFolder({ ...place, table: a }).split("/")).toHaveLength(6);
    }),
  );
});

test("moments keep what tells them apart", () => {
  const folder = (from: string): string => formatArchiveFolder({ ...place, bounds: parseInterval(`${from}/..`) });
  expect(folder("2025-01-01T05:30:00.000001Z")).toContain("from=20250101T053000_000001Z/");
  expect(folder("..")).toContain("from=start/");
});

test("a manifest is found again by its place alone, also under a name that an earlier version gave it", () => {
  expect(findStoreOfManifest("s3://b/x/app/public/table=events/from=20250101T000000Z/gen=1/_manifest.json")).toBe(
    "s3://b/x",
  );
  expect(findStoreOfManifest("s3://b/x/orders/_2024-03.gen-2.manifest.json")).toBe("s3://b/x/orders");
  expect(findKeyInStore("s3://b/x", "s3://b/x/orders/_2024-03.manifest.json")).toBe("orders/_2024-03.manifest.json");
  expect(findKeyInStore("s3://b/y", "s3://b/x/orders/_2024-03.manifest.json")).toBeUndefined();
  expect(findKeyInStore("file:///d/y%3D2024", "file:///d/y=2024/_03.manifest.json")).toBe("_03.manifest.json");
});
