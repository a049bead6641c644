// Does the preview tell the truth? Every kind of change through the real engine: what preview printed is what ran, in its
// order, and the locks that it declared are those that the session held.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { VERB_NAMES } from "../../core/plan/change/verbs";
import { RESOURCE_TYPES } from "../../provider/resource-list";
import { withEngine } from "../engine/support";
import type { Version } from "../../tools/postgres/binaries";
import { anyVersion, testVersions, withDatabase } from "../support/database";
import { type Case, type Declared, ELSEWHERE, listResourceKinds, type Mode, NEVER } from "./case";
import { ACCESS_CASES } from "./access-cases";
import { CASES } from "./cases";
import { CONVERSION_CASES } from "./conversion-cases";
import { lockDifferences, missingFrom, outOfOrder, textOf } from "./compare";
import { observe, type RanTransaction, watchLocks } from "./observed";
import { type PrintedBlock, readPlan, readSaid } from "./printed";
import { casesOn, itAlike } from "../support/sample";

const MODES: readonly Mode[] = ["partition", "window"];
const CLOCKS = ["2026-05-10T12:00:00Z", "2026-06-10T12:00:00Z", "2026-06-20T12:00:00Z"] as const;

/** One case with one setting of `resources`, in a schema of its own. */
interface Run {
  readonly one: Case;
  readonly mode: Mode;
  readonly schema: string;
}

const ALL = [...CASES, ...ACCESS_CASES, ...CONVERSION_CASES];

const RUNS: readonly Run[] = ALL.flatMap((one, number) =>
  (one.resources ?? MODES).map((mode) => ({ one, mode, schema: `s${String(number)}${mode.slice(0, 1)}` })),
);

/**
 * The mode decides which of our steps sends a statement, and no version answers that another way: an older server has one for each
 * case of its sample.
 */
function runsOn(version: Version): readonly Run[] {
  if (anyVersion().includes(version)) return RUNS;
  return casesOn(version, ALL, ({ hasOwnWay }) => hasOwnWay === true).flatMap((one, number) => {
    const runs = RUNS.filter((run) => run.one === one);
    return runs.slice(number % runs.length).slice(0, 1);
  });
}

test("every kind of change that the product has is a row here, or named with the test that compares it", () => {
  const known = [...ALL.flatMap(({ covers }) => covers), ...Object.keys(ELSEWHERE), ...Object.keys(NEVER)];
  expect([...VERB_NAMES, ...listResourceKinds(RESOURCE_TYPES)].filter((kind) => !known.includes(kind))).toEqual([]);
});

describe.each(testVersions())("on PostgreSQL %i, what preview prints is what runs", (version) => {
  const runs = runsOn(version);
  const database = withDatabase(version);
  const engine = withEngine(database);
  const folder = mkdtempSync(join(tmpdir(), "pgpartition-truth-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const sql = (text: string, schema: string) => text.replaceAll("%s", schema);

  async function run(text: string | undefined, { schema }: Run): Promise<void> {
    if (text === undefined) return;
    const interrupt = /^!interrupt (.*)$/.exec(text)?.[1];
    if (interrupt === undefined) await database.query(sql(text, schema));
    else await interruptDetach(`${schema}.t`, sql(interrupt, schema));
  }

  /** The first half of DETACH CONCURRENTLY commits; a reader keeps the second from happening. */
  async function interruptDetach(table: string, partition: string): Promise<void> {
    const reader = await database.connect({ application_name: "reader" });
    await reader.query(`begin isolation level repeatable read; select count(*) from ${table}`);
    const writer = await database.connect({ application_name: "writer" });
    await writer.query("set lock_timeout = '300ms'");
    await writer.query(`alter table ${table} detach partition ${partition} concurrently`).catch(() => undefined);
    await reader.query("rollback");
    await reader.end();
    await writer.end();
  }

  function declare(step: number): void {
    const tables = runs.flatMap(({ one, mode, schema }): [string, TableSpecArgs][] => {
      const declared = step < one.steps.length ? one.steps[step] : one.steps.at(-1);
      if (declared === undefined) return [];
      const beside = one.beside && { ...one.beside, table: "u" };
      return [declared, ...(beside ? [beside] : [])].map((table) => [
        table === beside ? `${schema}u` : schema,
        tableOf(table, schema, mode),
      ]);
    });
    engine.declare({
      tables: Object.fromEntries(tables),
      asOf: CLOCKS[step] ?? CLOCKS[0],
      more: { allowDestroy: runs.map(({ schema }) => `${schema}.t`) },
    });
  }

  function tableOf(declared: Declared, schema: string, mode: Mode): TableSpecArgs {
    const whole = {
      schema,
      table: "t",
      columns: { id: "bigint", at: "timestamptz", note: { type: "text", nullable: true } },
      primaryKey: ["id", "at"],
      partitionBy: [{ range: "at", every: "month" }],
      window: { lead: { until: "2026-07-01" }, retention: "forever", start: "2026-04-01" },
      onExpire: "drop",
      ...declared,
      resources: mode,
    };
    const text = JSON.stringify(whole).replaceAll("%s", schema).replaceAll("%a", `file://${folder}`);
    return JSON.parse(text) as TableSpecArgs;
  }

  const steps = CLOCKS.map((_, index) => index);
  const shown: PrintedBlock[][] = [];
  const said: Pick<PrintedBlock, "name" | "text">[][] = [];
  const done: (readonly RanTransaction[])[] = [];

  test.each(steps)(`${version}: update %i runs`, async (step) => {
    if (step === 0) {
      await watchLocks(database);
      await database
        .query("create role truth_reader")
        .catch((error: unknown) => expect(String(error)).toContain("already exists"));
      for (const one of runs) {
        await database.query(`create schema ${one.schema}`);
        await run(one.one.given, one);
      }
    } else for (const one of runs) await run(one.one.between?.[step - 1], one);
    declare(step);
    const plan = join(folder, `plan-${String(step)}.jsonl`);
    const preview = await engine.pulumi(["preview"], { env: { PGPARTITION_PLAN_FILE: plan } });
    shown[step] = [...readPlan(readFileSync(plan, "utf8"))];
    said[step] = [...readSaid(preview.stdout)];
    done[step] = await observe(database, () => engine.pulumi(["up", "--yes", "--skip-preview"]));
  });

  itAlike(version)(`${version}: preview has shown every verb`, () => {
    const verbs = new Set(shown.flat().flatMap((block) => block.verbs));
    // What is prepared for the schedule is bookkeeping.
    expect(VERB_NAMES.filter((verb) => verb !== "prepare" && !verbs.has(verb))).toEqual([]);
  });

  test(`${version}: preview says how much creates the management schema`, () => {
    const management = shown[0]?.find(({ type }) => type === "ManagementSchema");
    expect(management?.text).toMatch(/management schema "pgpartition": \d+ statements create it, all of them in it/);
  });

  describe.each(steps)("in update %i", (step) => {
    test.each(runs.map((one) => [one.one.kind, one.mode, one] as const))(
      `${version}, ${step}: a table that %s (resources: %s)`,
      (_kind, _mode, one) => {
        const isOwn = ({ name }: { readonly name: string }) =>
          [`db-${one.schema}-`, `db-${one.schema}u-`].some((key) => name.startsWith(key));
        const blocks = (shown[step] ?? []).filter(isOwn);
        const ran = (done[step] ?? []).filter((transaction) => belongsTo(transaction, one.schema));
        compare(one, step, blocks, ran);
        const text = [...blocks, ...(said[step] ?? []).filter(isOwn)].map((block) => block.text).join("\n");
        for (const pattern of one.one.says?.[step + 1] ?? []) expect(text).toMatch(pattern);
        expect(text).not.toContain("[.., ..)");
      },
    );
  });

  function compare({ one, mode }: Run, step: number, blocks: readonly PrintedBlock[], ran: readonly RanTransaction[]) {
    const printed = blocks.flatMap(({ transactions }) => transactions);
    const printedTexts = printed.map(textOf);
    const ranTexts = ran.map(textOf);
    const left = one.unprinted?.[step + 1];
    const weaker = one.weaker?.[step + 1];
    const unprinted = missingFrom(ranTexts, printedTexts);
    const explained = (text: string) => left?.runs.some((pattern) => pattern.test(text)) === true;
    const locks = ran.flatMap((transaction) => {
      const known = printed[printedTexts.indexOf(textOf(transaction))];
      return known ? lockDifferences(known, transaction) : [];
    });
    const differences = {
      printedAndNotRun: missingFrom(printedTexts, ranTexts),
      runAndNotPrinted: unprinted.filter((text) => !explained(text)),
      nothingLeftToExplain: left && unprinted.length === 0 ? left.because : undefined,
      locksAreTrue: locks.length === 0 ? weaker : undefined,
      outOfOrder: blocks.flatMap(({ transactions }) => {
        const ordered = transactions
          .map(textOf)
          .filter((text) => mode === "window" || !/^CREATE TABLE|ATTACH PARTITION/m.test(text));
        return outOfOrder(ordered, ranTexts) ?? [];
      }),
      locks: weaker === undefined ? locks : [],
    };
    expect(differences).toEqual({
      printedAndNotRun: [],
      runAndNotPrinted: [],
      nothingLeftToExplain: undefined,
      locksAreTrue: undefined,
      outOfOrder: [],
      locks: [],
    });
  }
});

function belongsTo(transaction: RanTransaction, schema: string): boolean {
  return transaction.some(({ sql }) => sql.includes(`"${schema}"`) || sql.includes(`"truth_${schema}"`));
}
