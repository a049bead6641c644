import type { ConversionFacts } from "../../core/conversion/analyze/facts";
import { type BranchRows, listListColumns } from "../../core/conversion/copy/branch-rows";
import type { CopyPartition } from "../../core/conversion/copy/copy-source";
import { findLevelProblems, noteFound } from "../../core/conversion/copy/level-problems";
import type { ObservedTable } from "../../core/observed/observed-table";
import type { Problem } from "../../core/problems/problem";
import { type DeclaredCopy, nameAfterTarget } from "../../core/resources/conversion";
import type { Instant } from "../../core/time/instant";
import { readTableBranches } from "../../postgres/conversion/branch-rows";
import type { Database } from "../../postgres/database";
import { ValueSourceError } from "../../postgres/read/level-values";
import { planMissing } from "./plan-missing";

/** What a copy lacks by what the rows of the table hold. */
interface PlannedRows {
  readonly partitions: readonly CopyPartition[];
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
}

/** Plans it. Of a large table a sample decides; its other rows get what they need while they are copied. */
export async function planRows(
  database: Database,
  declared: DeclaredCopy,
  found: ConversionFacts,
  copy: { readonly now: Instant; readonly target: string; readonly copy: ObservedTable | undefined },
): Promise<PlannedRows> {
  const rows = await readRows(database, declared, found);
  return planFound(database, declared, { ...copy, table: found.table, rows });
}

/** Plans it for these rows. */
export async function planFound(
  database: Database,
  declared: DeclaredCopy,
  found: {
    readonly now: Instant;
    readonly target: string;
    readonly copy: ObservedTable | undefined;
    readonly table: ObservedTable;
    readonly rows: readonly BranchRows[];
  },
): Promise<PlannedRows> {
  try {
    const { partitions, ...read } = await planMissing(database, declared, found);
    const facts = { ...read, rows: found.rows, spec: nameAfterTarget(declared), table: found.table };
    return { partitions, problems: findLevelProblems(facts), notes: noteFound(facts) };
  } catch (error) {
    if (!(error instanceof ValueSourceError)) throw error;
    const problem: Problem = { path: "partitionBy", code: "conflict", message: `${error.message}.`, fix: "" };
    return { partitions: [], problems: [problem], notes: [] };
  }
}

async function readRows(
  database: Database,
  declared: DeclaredCopy,
  { table, key, activity }: ConversionFacts,
): Promise<readonly BranchRows[]> {
  const lists = listListColumns(declared.levels);
  if (!key || lists.some((name) => !table.columns.some((column) => column.name === name))) return [];
  if (lists.length > 0) return readTableBranches(database, declared, activity.heapBytes, { ...key, lists });
  const { read = 0, minTime: from, maxTime: to } = key.rows ?? {};
  return from && to ? [{ values: [], rows: read, from, to }] : [];
}
