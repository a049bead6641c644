import { expect, it } from "vitest";
import { requireTableSpec } from "../../../core/declare/table/parse";
import { eventsTable } from "../../support/harness/fixture";

const archived = (archive: object) =>
  requireTableSpec(eventsTable({ onExpire: "archive", archive: { to: "s3://bucket/x", ...archive } }), "t").window
    .archive;

it("an archive is read with its defaults, and only what is declared travels", () => {
  const defaults = { to: "s3://bucket/x", format: "parquet", verify: "checksum", spoolMegabytes: 256 };
  expect(archived({})).toEqual(defaults);
  expect(archived({ format: "csv" })).toEqual({ ...defaults, format: "csv" });
});

it("an unknown format is refused", () => {
  expect(() => archived({ format: "xml" })).toThrow(/archive\.format/);
});
