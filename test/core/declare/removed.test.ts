import { expect, it } from "vitest";
import { parseTableSpec } from "../../../core/declare/table/parse";
import { removedProblems } from "../../../core/problems/removed";
import { windowFromWire, windowToWire } from "../../../core/window/wire";
import { VALID, windowSpec } from "../support/specs";

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
  const wire = windowToWire(spec);
  const recorded = { ...wire, archive: { ...wire.archive, method: "aws_s3", keys: "{partition}.csv.zst" } };
  const read = windowFromWire(recorded);
  expect("spec" in read && windowToWire(read.spec)).toEqual(wire);
  expect(removedProblems(recorded)).toEqual([wasRemoved, keysRemoved]);
  expect([wire, {}, null, { archive: "s3://bucket/x" }].flatMap(removedProblems)).toEqual([]);
});
