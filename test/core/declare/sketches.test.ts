import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";
import { describe, expect, test } from "vitest";
import { parseTableSpec, requireTableSpec } from "../../../core/declare/table/parse";
import { formatIndexName } from "../../../core/names/template";
import { parseInstant } from "../../../core/time/instant";
import { NO_LEVELS } from "../../../core/levels/levels";
import {
  getBranchSpec,
  listDesiredBranches,
  flatten,
  type SourceValues,
} from "../../../core/partition/branch/desired-branches";
import { planWindow } from "../../../core/window/window-partitions";

const ROOT = join(__dirname, "../../..");
const PAGE = readFileSync(join(ROOT, "docs/seeds.md"), "utf8");
const BLOCKS = [...PAGE.matchAll(/```ts (S\d)\n([\s\S]*?)```/g)].map(([, seed = "", code = ""]) => ({ seed, code }));

/** The declarations of a block, as a program would pass them. */
function declarationsOf(seed: string): unknown[] {
  const code = BLOCKS.find((block) => block.seed === seed)?.code ?? "";
  const value = new Function(`${code.replace(/^const \w+ =/, "return")}`)() as unknown;
  return Array.isArray(value) ? value : [value];
}

test("the page has each of the five systems", () => {
  expect(BLOCKS.map(({ seed }) => seed)).toEqual(["S0", "S1", "S2", "S3", "S4"]);
});

test.each(["S0", "S1", "S2", "S3", "S4"])("what %s declares is valid", (seed) => {
  for (const declared of declarationsOf(seed)) expect(parseTableSpec(declared)).toMatchObject({ ok: true });
});

const NAMES: Readonly<Record<string, { at: string; names: string[] }>> = {
  S0: { at: "2024-02-10", names: ["agent_logs_202402"] },
  S1: { at: "2025-01-10", names: ["workflow_events_y2025m01"] },
  S2: {
    at: "2024-01-10",
    names: ["audit_logs_p2024_01", "object_history_p2024_01", "slow_query_log_p2024_01", "chat_messages_p2024_01"],
  },
  S3: { at: "2025-01-10", names: ["petri_obs_prog_abc123_site_def456_2025_01"] },
  S4: { at: "2024-01-10", names: ["messages_2024_01", "usage_logs_2024_01"] },
};

/** What the tables of S3 that name its programs and sites hold. */
const VALUES: SourceValues = [
  [{ value: "abc-123", parent: undefined, active: true }],
  [{ value: "def-456", parent: "abc-123", active: true }],
];

describe.each(Object.entries(NAMES))("%s", (seed, { at, names }) => {
  test("has partitions of the document's names", () => {
    const now = parseInstant(at, "UTC");
    const current = declarationsOf(seed).map((declared) => {
      const { window } = requireTableSpec(declared, seed);
      const [stem] = [...flatten(listDesiredBranches(window, VALUES))].filter(({ children }) => children.length === 0);
      const { asOf } = planWindow({ ...window, levels: NO_LEVELS }, now);
      const { desired } = planWindow(getBranchSpec(window, stem?.path ?? []), now, stem?.name);
      return desired.find((partition) => partition.from.equals(asOf))?.name;
    });
    expect(current).toEqual(names);
  });
});

test("S1 has the document's partition indexes", () => {
  const spec = requireTableSpec(declarationsOf("S1")[0], "S1");
  expect(
    spec.indexes.map((index) => formatIndexName(index.partitionIndexName, { partition: "workflow_events_y2025m01" })),
  ).toEqual([
    "workflow_events_y2025m01_run_id_idx",
    "workflow_events_y2025m01_run_ts_idx",
    "workflow_events_y2025m01_type_idx",
  ]);
});

test("S2 has the document's parent indexes", () => {
  const spec = requireTableSpec(declarationsOf("S2")[0], "S2");
  expect(spec.indexes.map((index) => index.name)).toEqual([
    "idx_audit_logs_partitioned_user_id",
    "idx_audit_logs_partitioned_user_created",
  ]);
});

test("S4 covers the 36 months of the document, from 2024-01 to 2026-12", () => {
  const { desired } = planWindow(
    requireTableSpec(declarationsOf("S4")[0], "S4").window,
    parseInstant("2025-06-15", "UTC"),
  );
  expect([desired.length, desired[0]?.name, desired.at(-1)?.name]).toEqual([
    36,
    "messages_2024_01",
    "messages_2026_12",
  ]);
});

test("what every system declares fits the type that programs have", () => {
  const file = join(ROOT, "test/core/support/__seeds.ts");
  const text = BLOCKS.map(({ seed, code }) => {
    const type = /^const \w+ = \[/.test(code) ? "TableSpecArgs[]" : "TableSpecArgs";
    return code.replace(/^const \w+ =/, `export const ${seed}: ${type} =`);
  });
  const source = `import type { TableSpecArgs } from "../../../core/declare/table/args";\n${text.join("\n")}`;
  expect(typeErrors(file, source)).toEqual([]);
});

/** Type-checks a file that is nowhere on disk, as strictly as the project. */
function typeErrors(file: string, source: string): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, version) =>
    name === file ? ts.createSourceFile(name, source, version) : read(name, version);
  host.fileExists = (name) => name === file || ts.sys.fileExists(name);
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(file))
    .map((found) => ts.flattenDiagnosticMessageText(found.messageText, "\n"));
}
