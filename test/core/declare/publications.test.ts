import { expect, test } from "vitest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { parseTableSpec, requireTableSpec } from "../../../core/declare/table/parse";
import { encodePublicationMember } from "../../../core/declare/table/publications";
import { tableSpec, VALID } from "../support/specs";

const parsed = (publications: unknown, changes: Partial<TableSpecArgs> = {}) =>
  parseTableSpec({ ...VALID, ...changes, publications });
const problems = (publications: unknown) => {
  const result = parsed(publications);
  return result.ok ? [] : result.problems.map(({ path, code, message }) => `${path} ${code}: ${message}`);
};

test("a list, and true, mean a publication that exists, without settings", () => {
  const bare = [{ publication: "supabase_realtime" }];
  expect(tableSpec({ publications: ["supabase_realtime"] }).publications).toEqual(bare);
  expect(tableSpec({ publications: { supabase_realtime: true } }).publications).toEqual(bare);
  expect(tableSpec({ publications: { supabase_realtime: {} } }).publications).toEqual(bare);
  expect(tableSpec().publications).toEqual([]);
});

test("a publication that is created sends everything by the table's name, unless something else is declared", () => {
  expect(tableSpec({ publications: { all: { create: true } } }).publications).toEqual([
    { publication: "all", viaRoot: true, create: { publish: ["insert", "update", "delete", "truncate"] } },
  ]);
  const narrow = {
    where: "run_id is not null",
    columns: ["id", "ts"],
    create: { publish: ["delete", "insert"] },
  } as const;
  expect(tableSpec({ publications: { narrow, partitions: { create: true, viaRoot: false } } }).publications).toEqual([
    {
      publication: "narrow",
      where: "run_id is not null",
      columns: ["id", "ts"],
      viaRoot: true,
      create: { publish: ["insert", "delete"] },
    },
    expect.objectContaining({ publication: "partitions", viaRoot: false }),
  ]);
});

test("the resource has what policies judge by: the class of data and whether rows are secured", () => {
  const spec = requireTableSpec(
    { ...VALID, dataClass: "audit", rowSecurity: { policies: {} }, publications: ["p"] },
    "test",
  );
  const [publication] = spec.publications;
  expect(publication && encodePublicationMember(publication, spec)).toEqual({
    schema: "public",
    table: "workflow_events",
    publication: "p",
    dataClass: "audit",
    rowSecurity: true,
  });
});

test.each<[what: string, publications: unknown, problem: RegExp]>([
  ["a name twice", ["p", "p"], /^publications\[1\] name-collision: the publication "p" is listed twice/],
  ["a name over 63 bytes", ["p".repeat(64)], /^publications\[0\] name-too-long/],
  ["a name with NUL", { "a\0b": true }, /invalid-name/],
  ["an unknown column", { p: { columns: ["nope"] } }, /^publications\.p\.columns\[0\] unknown-column.*"nope"/],
  [
    "a filter by the partitions' names",
    { p: { viaRoot: false, where: "id > 1" } },
    /^publications\.p\.viaRoot invalid-value: a row filter of a partitioned table needs publish_via_partition_root/,
  ],
  [
    "columns by the partitions' names",
    { p: { viaRoot: false, columns: ["id"] } },
    /a column list of a partitioned table/,
  ],
  ["an empty list", [], /^publications/],
  ["nothing to publish", { p: { create: { publish: [] } } }, /^publications/],
  ["an unknown change", { p: { create: { publish: ["upsert"] } } }, /^publications/],
  ["false", { p: false }, /^publications\.p/],
  ["an unknown property", { p: { filter: "id > 1" } }, /^publications\.p\.filter unknown-property/],
  ["an Output", { p: { where: { __pulumiOutput: true } } }, /plain-value-required/],
])("refuses %s", (_, publications, problem) => {
  expect(problems(publications).join("\n")).toMatch(problem);
});
