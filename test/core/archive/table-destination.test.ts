import { describe, expect, test } from "vitest";
import {
  describeArchiveTable,
  parseArchiveTable,
  formatTablePlace,
  findUrlProblems,
} from "../../../core/declare/archive/table-destination";
import { listColumnProblems, buildArchivedRangeCondition } from "../../../core/archive/table-sql";
import type { Problem } from "../../../core/problems/problem";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { parseInstant } from "../../../core/time/instant";
import { decodeWindow, encodeWindow } from "../../../core/window/wire";
import { windowSpec } from "../support/specs";

const archived = (archive: TableSpecArgs["archive"]): Partial<TableSpecArgs> => ({
  window: { lead: "3 months", retention: "12 months" },
  onExpire: "archive",
  ...(archive ? { archive } : {}),
});

describe("an archive table", () => {
  test("is read, travels and comes back", () => {
    const url = "postgresql://archiver@warehouse:5433/history";
    const spec = windowSpec(archived({ to: { table: "archive.events", database: { url } }, spoolMegabytes: 32 }));
    expect(spec.archive).toEqual({
      to: undefined,
      table: { schema: "archive", name: "events", url },
      format: "rows",
      verify: "readBack",
      spoolMegabytes: 32,
    });
    const back = decodeWindow(JSON.parse(JSON.stringify(encodeWindow(spec))));
    expect("spec" in back && back.spec.archive).toEqual(spec.archive);
  });

  test.each([
    ["events", undefined, /archive\.to\.table: .*does not name a table with its schema/],
    ["a.b.c", undefined, /archive\.to\.table/],
    ["a.b", "postgresql://u:geheim@host/db", /archive\.to\.database\.url: .*it contains a password/],
    ["a.b", "postgresql://u@host/db?password=geheim", /it contains a password/],
    ["a.b", "mysql://u@host/db", /does not begin with "postgresql:\/\/"/],
    ["a.b", "postgresql://u@host", /names no database/],
    ["a.b", "host=x", /is not a connection URL/],
  ])("%s at %s is refused, and no password is quoted", (table, url, message) => {
    const to = { table, ...(url === undefined ? {} : { database: { url } }) };
    const error = (() => {
      try {
        windowSpec(archived({ to }));
        return "";
      } catch (thrown) {
        return String(thrown);
      }
    })();
    expect(error).toMatch(message);
    expect(error).not.toContain("geheim");
  });

  test("is an object, and a URL in the place of one is not quoted with its password", () => {
    const to = { table: "a.b", database: "postgresql://u:geheim@h/d" };
    expect(() => windowSpec(archived({ to } as never))).toThrow(
      'archive.to.database: "postgresql://***@h/d" is not an object.',
    );
  });

  test("has none of the settings of objects", () => {
    const to = { table: "archive.events" };
    expect(() => windowSpec(archived({ to, storageClass: "GLACIER", verify: "checksum" }))).toThrow(
      /archive\.storageClass: an archive table has no such setting[^]*archive\.verify/,
    );
  });

  test("with a password does not travel either", () => {
    const wire = encodeWindow(windowSpec(archived({ to: { table: "archive.events" } })));
    const table = { schema: "a", name: "b", url: "postgresql://u:geheim@h/d" };
    const read = decodeWindow({ ...wire, archive: { ...(wire as { archive: object }).archive, table } });
    expect(JSON.stringify(read)).toMatch(/it contains a password/);
    expect(JSON.stringify(read)).not.toContain("geheim");
  });

  test("has a place without user, and words", () => {
    const problems: Problem[] = [];
    const here = parseArchiveTable({ table: "archive.events" }, "to", problems);
    const url = "postgresql://archiver@warehouse:5433/history";
    const there = parseArchiveTable({ table: "archive.ev/ents", database: { url } }, "to", problems);
    expect(problems).toEqual([]);
    expect(formatTablePlace(here, "app")).toBe("table:///app/archive.events");
    expect(formatTablePlace(there, "history")).toBe("table://warehouse:5433/history/archive.ev%2Fents");
    expect(describeArchiveTable(here)).toBe("archive.events");
    expect(describeArchiveTable(there)).toBe("archive.ev/ents in warehouse:5433/history");
    expect(findUrlProblems(url, "url")).toEqual([]);
  });

  test("of other columns says both sides, and the ALTER for those that it lacks", () => {
    const table = { schema: "archive", name: "events" };
    const columns = ["bigint", "timestamp with time zone", "text", "integer"].map((type, n) => ({
      name: `c${String(n)}`,
      type,
    }));
    const there = [
      { name: "c3", type: "integer", generated: true },
      { name: "c0", type: "bigint" },
      { name: "more", type: "text" },
      { name: "c2", type: "character varying(10)" },
    ];
    expect(listColumnProblems(table, "app.events", columns, there)).toEqual([
      'it has no column "c1": ALTER TABLE "archive"."events" ADD COLUMN "c1" timestamp with time zone;',
      'its column "c2" is character varying(10), and in app.events it is text',
      'its column "c3" is generated, and takes no value',
    ]);
  });

  test("has the rows of a range by the key's own bounds", () => {
    const bounds = { from: parseInstant("2025-02-01", "UTC"), to: parseInstant("2025-03-01", "UTC") };
    const key = { column: "at", encoding: "epoch-s", kind: undefined, zone: "UTC" } as const;
    expect(buildArchivedRangeCondition(key, { name: "at", type: "bigint" }, bounds)).toBe(
      `"at" >= '1738368000' and "at" < '1740787200'`,
    );
    expect(buildArchivedRangeCondition(key, { name: "at", type: "bigint" }, { from: undefined, to: undefined })).toBe(
      "true",
    );
  });
});
