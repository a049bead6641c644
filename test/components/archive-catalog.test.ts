import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ArchiveCatalog } from "../../components";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { type Registered, recording, settled, valueOf } from "./support";

const events: TableSpecArgs = {
  table: "events",
  columns: { id: "bigserial", at: "timestamptz" },
  primaryKey: ["id", "at"],
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "1 month", retention: "2 months" },
  onExpire: "detach",
};
const args = { location: "s3://company-archive/postgres", database: "my-app", since: "2024-01-15", tables: { events } };

let registered: Registered[];
beforeEach(() => {
  registered = recording();
});
afterEach(settled);

test("creates a table that knows the paths of archives, and the view to query", async () => {
  const catalog = new ArchiveCatalog("archive", { ...args, location: pulumi.output(args.location) });
  await settled();
  expect(await valueOf(catalog.catalog)).toBe("my_app");
  expect(catalog.views).toEqual({ events: "public_events" });
  const [table, view] = registered.filter(({ type }) => type === "aws:glue/catalogTable:CatalogTable");
  const folder = "s3://company-archive/postgres/my-app/public/table=events";
  expect(table?.inputs).toMatchObject({
    name: "public_events_generations",
    databaseName: "my_app",
    parameters: {
      "projection.enabled": "true",
      "projection.archive_from.type": "date",
      "projection.archive_from.format": "yyyyMMdd'T'HHmmss'Z'",
      "projection.archive_from.range": "20240101T000000Z,NOW",
      "projection.archive_from.interval": "1",
      "projection.archive_from.interval.unit": "MONTHS",
      "projection.archive_gen.type": "integer",
      "projection.archive_gen.range": "1,9",
      "storage.location.template": `${folder}/from=\${archive_from}/gen=\${archive_gen}`,
    },
    storageDescriptor: { location: folder },
    partitionKeys: [
      { name: "archive_from", type: "string" },
      { name: "archive_gen", type: "int" },
    ],
  });
  expect(view?.inputs).toMatchObject({ name: "public_events", tableType: "VIRTUAL_VIEW" });
  expect(view?.dependsOn.join()).toContain("archive-events");
});

test("refuses what it could not find or name, with every problem at once", () => {
  const { columns: _columns, primaryKey: _key, ...foreign } = events;
  const archive = { to: "s3://company-archive/postgres", format: "csv" as const };
  const csv = { ...events, table: "csv", onExpire: "archive" as const, archive };
  const tables = { events, again: events, foreign, csv };
  const branches = { event: [["east"]] };
  expect(() => new ArchiveCatalog("archive", { ...args, since: "long ago", tables, branches })).toThrow(
    /since: "long ago" is no time[\s\S]*branches\.event: no such table exists[\s\S]*tables\.again: it would be called public_events, as "events" is[\s\S]*tables\.foreign\.columns[\s\S]*tables\.csv\.archive: a catalogue reads Parquet/,
  );
});
