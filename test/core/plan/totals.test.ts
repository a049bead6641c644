import { expect, test } from "vitest";
import { renderReports } from "../../../core/plan/report/render-report";

const formers = [
  { rows: 1_200, bytes: 3_000_000 },
  { rows: undefined, bytes: 5_000_000 },
];

test.each([
  [formers.slice(0, 1), "2 tables: 1 former table to drop (~1200 rows, 3 MB)"],
  [formers, "2 tables: 2 former tables to drop (~1200 rows and rows unknown of 1 table never analyzed, 8 MB)"],
])("the line over all tables begins with former tables that are dropped for good: %#", (dropped, line) => {
  expect(renderReports([], { tables: 2, formers: dropped })).toBe(line);
});
