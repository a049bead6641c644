import { describe, expect, test } from "vitest";
import { createPartitionStatements } from "../../../core/partition/create/partition-statements";
import { createTableStatements } from "../../../core/table/create/create-table";
import { buildPlannedParent } from "../../../core/partition/carry/parent";
import { countBytes } from "../../../core/names/identifier";
import { tableSpec } from "../support/specs";
import { JANUARY } from "./support";

const HOSTILE = [
  'a"b',
  "Select",
  "a.b",
  "🐘",
  "o'clock",
  "x".repeat(63),
  "ä".repeat(31),
  "$$; DROP TABLE t; --",
  "new\nline",
  "\u202egnp",
  "\\",
];

describe.each(HOSTILE)("with the name %j everywhere (H01)", (name) => {
  const quoted = `"${name.replace(/"/g, '""')}"`;
  const spec = tableSpec({
    schema: name,
    table: name,
    columns: { [name]: "timestamptz", other: "text" },
    primaryKey: [name],
    uniques: {},
    checks: {},
    foreignKeys: { [name]: { columns: [name], references: { schema: name, table: name, columns: [name] } } },
    partitionBy: [{ range: name }],
    indexes: { [name]: { columns: [name], name: "i_{index}" } },
  });

  test("every name is quoted, and what is longer than 63 bytes is fitted", () => {
    const statements = [
      ...createTableStatements(spec),
      ...createPartitionStatements(buildPlannedParent(spec), { ...JANUARY, name }),
    ];
    for (const { sql } of statements) {
      const identifiers = [...sql.matchAll(/"((?:[^"]|"")*)"/g)].map((match) => (match[1] ?? "").replace(/""/g, '"'));
      expect(Math.max(...identifiers.map(countBytes))).toBeLessThanOrEqual(63);
      expect(sql.replace(/"(?:[^"]|"")*"/g, "").replace(/'(?:[^']|'')*'/g, "")).toMatch(
        /^[A-Z ().,<>=\nnot_textimez]*$/i,
      );
    }
    expect(statements[0]?.sql).toContain(`CREATE TABLE ${quoted}.${quoted} (`);
    expect(statements[0]?.sql).toContain(`PARTITION BY RANGE (${quoted})`);
  });
});

test("a primary key of a long table name is fitted into 63 bytes", () => {
  const [create] = createTableStatements(tableSpec({ table: "t".repeat(63) }));
  expect(create?.sql).toMatch(/CONSTRAINT "t{54}_[0-9a-f]{8}" PRIMARY KEY/);
});
