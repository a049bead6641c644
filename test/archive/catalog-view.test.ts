import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { buildLatestGenerationsQuery } from "../../core/archive/catalog/catalog-view";

const table = {
  name: "events_generations",
  view: "events",
  columns: [
    { name: "id", type: "bigint" },
    { name: "on", type: "date" },
  ],
  partitionKeys: [
    { name: "archive_from", type: "string" },
    { name: "archive_gen", type: "int" },
  ],
  folder: "app/public/table=events",
  projection: {},
  template: "",
};

test("the view of a catalogue reads the last generation of each range, and each row once", async () => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await connection.run(`create schema archive`);
    await connection.run(
      `create table archive.events_generations (id bigint, "on" date, archive_from varchar, archive_gen int)`,
    );
    await connection.run(`insert into archive.events_generations values
      (1, '2025-01-02', '20250101T000000Z', 1), (2, '2025-01-03', '20250101T000000Z', 1),
      (1, '2025-01-02', '20250101T000000Z', 2), (2, '2025-01-04', '20250101T000000Z', 2),
      (3, '2025-02-02', '20250201T000000Z', 1)`);
    const found = await connection.runAndReadAll(
      `select id, cast("on" as varchar) as day, archive_gen from (${buildLatestGenerationsQuery("archive", table)}) order by id`,
    );
    expect(found.getRowsJson()).toEqual([
      ["1", "2025-01-02", 2],
      ["2", "2025-01-04", 2],
      ["3", "2025-02-02", 1],
    ]);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
});
