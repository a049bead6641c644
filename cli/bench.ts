import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { judge } from "../core/bench/judge";
import { renderMarkdownReport, renderReport } from "../core/bench/render-report";
import { type BenchReport, buildReport, findRegressions } from "../core/bench/report";
import { type BenchStatement, splitStatements } from "../core/bench/split-statements";
import { quoteList } from "../core/names/identifier";
import type { TableId } from "../core/names/resource-id";
import { type BenchOptions, benchStatement } from "../postgres/bench/bench-statement";
import { findSides, type FoundSides } from "../postgres/bench/find-sides";
import { readBenchStatements } from "../postgres/bench/read-statements";
import type { Database } from "../postgres/database";
import { print, requireTable, withSession } from "./open-session";

interface BenchFlags {
  readonly against?: string;
  readonly queries?: string;
  readonly rounds: number;
  readonly limit: number;
  readonly timeoutMs: number;
  readonly searchPath?: readonly string[];
  readonly failAbove?: number;
  readonly json?: true;
  readonly markdown?: true;
}

/** Runs queries on a plain table and on its partitioned form. Reads only. */
export function createBenchCommand(): Command {
  return new Command("bench")
    .description(
      "Run queries on a table before and after its conversion, and tell for each what became slower or faster, and why: times, partitions read, cache hits. Changes nothing.",
    )
    .argument("<table>", "schema.table, by whose name the queries call it")
    .option(
      "--against <table>",
      "the other table, with the same rows; left out: the copy of its conversion, or after the swap the former table",
    )
    .option(
      "--queries <file>",
      "queries in SQL with a semicolon after each, and a comment -- name: recent in front; left out: those of pg_stat_statements that took the most time",
    )
    .addOption(new Option("--limit <number>", "most queries of pg_stat_statements").argParser(readCount).default(20))
    .addOption(
      new Option("--rounds <number>", "runs of each query on each side, after a first one")
        .argParser(readCount)
        .default(5),
    )
    .addOption(
      new Option("--timeout-ms <ms>", "longest time of one run, in milliseconds").argParser(readCount).default(60_000),
    )
    .option(
      "--search-path <schema...>",
      "where names without a schema are looked up; left out: the schema of the table, then public",
    )
    .addOption(
      new Option(
        "--fail-above <ratio>",
        "exit with 1 if a query takes more than this many times as long, such as 1.5, or fails after the conversion alone",
      ).argParser(readRatio),
    )
    .option("--json", "as JSON, with the plans")
    .option("--markdown", "as Markdown")
    .addHelpText(
      "after",
      `
Only queries are run, in read-only transactions, as the role of the connection; they lock tables as any query does. One with
parameters, as pg_stat_statements has them, is planned only. Costs: two runs of each query in each round.

Example: pgpartition bench app.events --queries queries.sql --fail-above 2`,
    )
    .action(async (name: string, flags: BenchFlags, command: Command) => {
      const table = requireTable(name);
      const against = flags.against === undefined ? undefined : requireTable(flags.against);
      const fromFile = flags.queries === undefined ? undefined : readQueries(flags.queries);
      await withSession(command, async ({ database, options: { signal } }) => {
        signal.addEventListener("abort", () => void database.cancelAll(), { once: true });
        const sides = await findSides(database, table, against);
        const found = fromFile ?? (await readStatistics(database, table, flags.limit));
        const report = await runBench(database, sides, found, {
          rounds: flags.rounds,
          timeoutMs: flags.timeoutMs,
          searchPath: quoteList(flags.searchPath ?? [...new Set([table.schema, "public"])]),
          serverVersion: (await database.observe(table.schema, table.table)).serverVersion ?? 0,
          signal,
        });
        if (flags.json) console.log(JSON.stringify(report, undefined, 2));
        else console.log(flags.markdown ? renderMarkdownReport(report) : renderReport(report));
        failAbove(report, flags.failAbove);
      });
    });
}

async function runBench(
  database: Database,
  sides: FoundSides,
  statements: readonly BenchStatement[],
  options: BenchOptions,
): Promise<BenchReport> {
  const judged = [];
  for (const [index, statement] of statements.entries()) {
    print(`${statement.name} (${index + 1} of ${statements.length})`);
    judged.push(judge(statement, await benchStatement(database, sides, statement, options), sides));
  }
  const { named, before, after, notes } = sides;
  return buildReport({ named, before, after, notes }, options.rounds, judged);
}

function readQueries(file: string): BenchStatement[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`--queries "${file}" cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  const statements = splitStatements(text);
  if (statements.length === 0) throw new Error(`--queries "${file}" has no statement`);
  return statements;
}

async function readStatistics(database: Database, table: TableId, limit: number): Promise<readonly BenchStatement[]> {
  const found = await readBenchStatements(database, table, limit);
  const file = "write queries to a file, and name it by --queries";
  if (!found)
    throw new Error(`pg_stat_statements cannot be read in ${await database.describe()}: install it, or ${file}`);
  if (!found.seesAll) print("without pg_read_all_stats only the queries of this role are seen");
  if (found.statements.length === 0)
    throw new Error(`pg_stat_statements has no query that names "${table.schema}"."${table.table}": ${file}`);
  return found.statements;
}

function failAbove(report: BenchReport, limit: number | undefined): void {
  if (limit === undefined) return;
  const slower = findRegressions(report, limit);
  if (slower.length === 0) return;
  print(
    `more than ${limit} times slower, or failing after: ${slower.map(({ statement }) => statement.name).join(", ")}`,
  );
  process.exitCode = 1;
}

function readCount(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError("write a whole number from 1 to 9999999");
  return Number(text);
}

function readRatio(text: string): number {
  const ratio = Number(text);
  if (!(ratio >= 1)) throw new InvalidArgumentError("write a number from 1 on, such as 1.5");
  return ratio;
}
