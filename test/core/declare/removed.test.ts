import { expect, it } from "vitest";
import { parseTableSpec } from "../../../core/declare/table/parse";
import { findRemovedProblems } from "../../../core/problems/removed-inputs";
import { usePresentNames } from "../../../core/problems/renamed";
import { decodeProfile } from "../../../core/declare/table/profile";
import { encodeTable } from "../../../core/declare/table/wire";
import { decodeWindow, encodeWindow } from "../../../core/window/wire";
import { tableSpec, VALID, windowSpec } from "../support/specs";

const problems = (changes: object) => {
  const parsed = parseTableSpec({ ...VALID, onExpire: "archive", ...changes });
  return parsed.ok ? [] : parsed.problems;
};
const keysRemoved = {
  path: "archive.keys",
  code: "unknown-property",
  message: expect.stringMatching(/^the option "keys" was removed: archives have one layout/),
  fix: expect.stringMatching(/^Delete it: .*Existing ones keep their names; .* as before\.$/),
};
const wasRemoved = {
  path: "archive.method",
  code: "unknown-property",
  message: expect.stringMatching(/^the option "method" was removed: .*read twice for its proof/),
  fix: expect.stringMatching(/^Delete it: the machine that runs the update then writes the parts.*remain readable\.$/),
};

it.each([
  ["client", "s3://bucket/x"],
  ["aws_s3", "s3://bucket/x"],
  ["pg_parquet", "file:///d"],
  ["aws_s3", { table: "archive.events" }],
])("archive.method %j, to %j, is refused by name, with the reason and the fix", (method, to) => {
  expect(problems({ archive: { to, method } })).toEqual([wasRemoved]);
});

it("archive.keys is refused by name, with the reason and the fix", () => {
  const keys = "{table}/{yyyy}-{mm}.csv.zst";
  expect(problems({ archive: { to: "s3://bucket/x", format: "csv", keys } })).toEqual([keysRemoved]);
});

it("a removed option is reported together with every other problem of the shape, and a wrong spelling remains one", () => {
  expect(problems({ archive: { to: "s3://bucket/x", method: "aws_s3", formt: "csv" }, paused: "no" })).toMatchObject([
    wasRemoved,
    { path: "archive.formt", message: 'the property "formt" does not exist here.' },
    { path: "paused" },
  ]);
  expect(problems({ method: "aws_s3" })).toMatchObject([{ path: "method", fix: expect.stringContaining("spelling") }]);
});

it("records of an earlier version are read without it, and a program that declares it is refused", () => {
  const spec = windowSpec({ onExpire: "archive", archive: { to: "s3://bucket/x", format: "csv" } });
  const wire = encodeWindow(spec);
  const recorded = { ...wire, archive: { ...wire.archive, method: "aws_s3", keys: "{partition}.csv.zst" } };
  const read = decodeWindow(recorded);
  expect("spec" in read && encodeWindow(read.spec)).toEqual(wire);
  expect(findRemovedProblems(recorded)).toEqual([wasRemoved, keysRemoved]);
  expect([wire, {}, null, { archive: "s3://bucket/x" }].flatMap(findRemovedProblems)).toEqual([]);
});

const index = (name: string) => ({ run: { columns: ["run_id"], [name]: "{partition}_run" } });
const named = (old: string, now: string) => ({
  code: "unknown-property",
  message: `the property "${old}" is named "${now}" now.`,
  fix: `Write "${now}"; it means the same.`,
});

it.each([
  ["leafSchema", "leafSchema", "partitionSchema", { leafSchema: "parts" }],
  ["leafName", "indexes.run.leafName", "partitionIndexName", { indexes: index("leafName") }],
  ["leafAccess", "rowSecurity.leafAccess", "partitionAccess", { rowSecurity: { policies: {}, leafAccess: "mirror" } }],
])("%s is refused with its new name", (old, path, now, changes) => {
  expect(problems(changes)).toEqual([{ path, ...named(old, now) }]);
});

/** Inputs of a Table with everything that was renamed, and the same as an earlier version had it. */
const present = encodeTable(
  tableSpec({
    indexes: { run: { columns: ["run_id", "ts"], unique: true, partitionIndexName: "{partition}_run" } },
    replicaIdentity: { index: "run" },
    partitionSchema: "parts",
    rowSecurity: { policies: {}, partitionAccess: "mirror" },
  }),
);
const { profile, indexes, ...others } = present;
const earlier = {
  ...others,
  indexes: indexes?.map(({ partitionIndexName: leafName, ...one }) => ({ ...one, leafName })),
  leaves: {
    ...profile,
    rowSecurity: { ...profile?.rowSecurity, partitionAccess: undefined, leafAccess: "mirror" },
    replicaIdentity: { ...profile?.replicaIdentity, partitionIndexName: undefined, leafName: "{partition}_run" },
  },
};
const recordedEarlier: unknown = JSON.parse(JSON.stringify(earlier));

it("recorded inputs are read under either name, and what a program sends under the old one is refused", () => {
  expect(usePresentNames(recordedEarlier)).toEqual(present);
  expect(usePresentNames(present)).toEqual(present);
  expect(usePresentNames({ valid: true, leaves: 3 })).toEqual({ valid: true, partitionCount: 3 });
  expect(usePresentNames({ leafCount: 3, levels: { leaves: "x" } })).toEqual({
    partitionCount: 3,
    levels: { leaves: "x" },
  });
  expect([undefined, null, 3, "leaves"].map(usePresentNames)).toEqual([undefined, null, 3, "leaves"]);
  expect(findRemovedProblems(present)).toEqual([]);
  expect(findRemovedProblems(recordedEarlier)).toEqual([
    { path: "indexes[0].leafName", ...named("leafName", "partitionIndexName") },
    { path: "leaves", ...named("leaves", "profile") },
  ]);
  expect(decodeProfile((recordedEarlier as typeof earlier).leaves)).toEqual(profile);
});
