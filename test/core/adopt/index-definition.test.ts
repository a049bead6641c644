import { expect, it } from "vitest";
import { readIndexDefinition } from "../../../core/adopt/index-definition";
import { findPartitionIndexTemplate, nameIndex } from "../../../core/adopt/index-names";
import { formatIndexDefinition } from "../../../core/partition/carry/parent";
import { formatIndexName } from "../../../core/names/template";

it.each([
  ["USING btree (run_id)", { method: "btree", columns: [{ column: "run_id" }], include: [] }],
  [
    "USING btree (company_id, ts DESC NULLS LAST)",
    { columns: [{ column: "company_id" }, { column: "ts", order: "desc", nulls: "last" }] },
  ],
  [
    "USING gin (payload jsonb_path_ops)",
    { method: "gin", columns: [{ column: "payload", opclass: "jsonb_path_ops" }] },
  ],
  [
    "USING btree (lower(email) text_pattern_ops)",
    { columns: [{ expression: "lower(email)", opclass: "text_pattern_ops" }] },
  ],
  ["USING btree (((a || ','::text) || b) DESC)", { columns: [{ expression: "(a || ','::text) || b", order: "desc" }] }],
  [
    'USING btree (note COLLATE "C", "Or,d(er")',
    { columns: [{ expression: 'note COLLATE "C"' }, { column: "Or,d(er" }] },
  ],
  ['USING btree (id) INCLUDE (note, "a b")', { columns: [{ column: "id" }], include: ["note", "a b"] }],
  [
    "USING btree (id) INCLUDE (note) WHERE (kind = ANY (ARRAY['x'::text, ')'::text]))",
    { include: ["note"], where: "kind = ANY (ARRAY['x'::text, ')'::text])" },
  ],
  ['USING gist (at extensions."gist_tsrange")', { columns: [{ column: "at", opclass: "extensions.gist_tsrange" }] }],
])("reads %s", (text, expected) => {
  expect(readIndexDefinition(text)).toMatchObject(expected);
});

it.each([
  "USING btree (id) NULLS NOT DISTINCT",
  "USING btree (id) WITH (fillfactor='70')",
  "USING btree (id) TABLESPACE fast WHERE (id > 1)",
  "nothing of the kind",
])("does not read %s, which cannot be declared", (text) => {
  expect(readIndexDefinition(text)).toBeUndefined();
});

it("reads back what a declaration writes, word for word", () => {
  const declared = {
    index: "i",
    name: "n",
    partitionIndexName: "l",
    unique: false,
    method: "btree",
    columns: [
      { column: 'Od"d', order: "asc" as const },
      { expression: "lower(a, (b))", opclass: "text_ops", order: "desc" as const, nulls: "first" as const },
    ],
    include: ["c d"],
    where: "note in ('x', 'y')",
  };
  const read = readIndexDefinition(formatIndexDefinition(declared));
  expect(read).toEqual({
    method: "btree",
    columns: declared.columns,
    include: declared.include,
    where: declared.where,
  });
});

it.each([
  ["events_by_note", "events", { key: "by_note", name: undefined }],
  ["idx_events_run_id", "events", { key: "run_id", name: "idx_{table}_{index}" }],
  ["idx_audit_logs_partitioned_user", "audit_logs_partitioned", { key: "user", name: "idx_{table}_{index}" }],
  ["run_idx", "events", { key: "run_idx", name: "{index}" }],
  ["idx_events", "events", { key: "idx_events", name: "{index}" }],
])("gives index %s of %s a key and a template that give the same name", (name, table, expected) => {
  const found = nameIndex(name, table);
  expect(found).toEqual(expected);
  expect(formatIndexName(found.name ?? "{table}_{index}", { table, index: found.key })).toBe(name);
});

it("reads the template of partition indexes from most of them", () => {
  const part = (partition: string, name: string) => ({ partition, name });
  expect(
    findPartitionIndexTemplate([
      part("e_1", "idx_e_1_run"),
      part("e_2", "idx_e_2_run"),
      part("e_3", "e_3_run_idx"),
      part("e_4", "x"),
    ]),
  ).toBe("idx_{partition}_run");
  expect(findPartitionIndexTemplate([part("e_1", "x")])).toBeUndefined();
});
