import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { withDatabase } from "../support/database";
import { eventsTable } from "../support/harness/fixture";
import { said, withProgram } from "../support/harness/program";

// What a wrong value in a stack file or a program looks like to the one who wrote it, by the real engine.
const database = withDatabase();
const app = withProgram(database);
const march = "2025-03-10T00:00:00Z";
const events = eventsTable();

/** No trace of a program, and no value as Go prints it. */
const readable = (text: string): void => {
  expect(text).not.toMatch(/\n\s+at .*\.c?js:\d+/);
  expect(text).not.toMatch(/value \{|<nil>|map\[/);
};

async function configured(lines: string): Promise<string> {
  await app.run(["stack"]);
  const file = join(app.project.folder, "Pulumi.test.yaml");
  const before = readFileSync(file, "utf8");
  app.project.write({ "Pulumi.test.yaml": `${before.trimEnd()}\n${lines}\n` });
  const run = await app.run(["preview"]);
  app.project.write({ "Pulumi.test.yaml": before });
  expect(run.code).not.toBe(0);
  return said(run);
}

test.each([
  ["a date without quotes", "2025-03-10", /pgpartition:asOf: it is in the stack file without quotes.*"2025-03-10"/s],
  ["a time without quotes", "2025-03-10T10:00:00+02:00", /in quotes: "2025-03-10T10:00:00\+02:00"/],
  ["a number", "5", /pgpartition:asOf: "5" is not a date or time/],
  ["nothing", "", /pgpartition:asOf: "" is not a date or time/],
  ["a list", "[2025-03-10]", /pgpartition:asOf: .* is not a date or time/],
])(
  "asOf as %s in a stack file: the key, what was found and what to write",
  async (_, value, expected) => {
    app.declare({ tables: { events }, asOf: undefined as unknown as string });
    const text = await configured(`  pgpartition:asOf: ${value}`);
    expect(text).toMatch(expected);
    expect(text).toMatch(/Write /);
    readable(text);
  },
  120_000,
);

test.each<[string, TableSpecArgs | undefined, Record<string, unknown>, RegExp]>([
  [
    "a span without its unit",
    { ...events, window: { lead: "1", retention: "1 month" } as never },
    {},
    /window\.lead: /,
  ],
  ["a null among the columns", { ...events, columns: { id: null } as never }, {}, /columns\.id: null /],
  ["a setting of the provider that is out of range", events, { lockTimeoutMs: 5 }, /lockTimeoutMs: /],
  ["a setting of the provider that is no size", events, { maxBytesPerUpdate: "much" }, /maxBytesPerUpdate: /],
])(
  "%s: its path and the reason",
  async (_, table, more, expected) => {
    app.declare({ tables: { events: table ?? events }, asOf: march, more });
    const run = await app.run(["preview"]);
    expect(run.code).not.toBe(0);
    expect(said(run)).toMatch(expected);
    readable(said(run));
  },
  120_000,
);

test("a path into an object that Check refuses: the path, and no value that the engine does not find", async () => {
  // The table itself is right: its window is what Check refuses.
  await database.query("create schema app");
  const transform = `opts.transforms = [({ type, props, opts }) => type === "pgpartition:index:PartitionWindow"
    ? { props: { ...props, grid: [{ every: "fortnight", name: "x" }] }, opts } : undefined];`;
  app.declare({ tables: { events }, asOf: march, before: transform });
  const run = await app.run(["preview"]);
  expect(run.code).not.toBe(0);
  expect(said(run)).toMatch(/has a problem: grid\[0\]\.every: /);
  readable(said(run));
}, 120_000);
