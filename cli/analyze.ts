import { Command, InvalidArgumentError, Option } from "commander";
import { analyze } from "../core/conversion/analyze/analysis";
import { rankCandidates, renderCandidates, renderCandidatesMarkdown } from "../core/conversion/analyze/candidates";
import { writeConversion } from "../core/conversion/analyze/declaration";
import { renderAnalysis, renderMarkdown } from "../core/conversion/analyze/render";
import { formatTableId } from "../core/names/resource-id";
import { type Instant, parseInstant } from "../core/time/instant";
import { KEY_ENCODINGS, type KeyEncoding } from "../core/time/key";
import { isZone, type Period, PERIODS } from "../core/time/period";
import { readConversionCandidates } from "../postgres/read/conversion-candidates";
import { readConversionFacts } from "../postgres/read/conversion-facts";
import { requireTable, withSession } from "./open-session";

interface AnalyzeOptions {
  readonly json?: true;
  readonly markdown?: true;
  readonly writeProgram?: true;
  readonly columns?: true;
  readonly column?: string;
  readonly key: KeyEncoding;
  readonly zone: string;
  readonly every?: Period;
  readonly until?: string;
  readonly backup?: string;
}

/** Says what stands against the conversion of a plain table, what it takes care of, and what it costs. Reads only. */
export function createAnalyzeCommand(): Command {
  return new Command("analyze")
    .description(
      "Tell what the conversion of a plain table into a partitioned one would meet: blockers with the way on, what it takes care of, notes, and the strategies with their costs. Without a table: which tables of the database would gain, and by which columns. Changes nothing.",
    )
    .argument("[table]", "schema.table; left out: every plain table")
    .option("--json", "as JSON")
    .option("--markdown", "as Markdown")
    .option("--write-program", "print the program that converts it instead, with the blockers as comments")
    .option("--columns", "declare columns, keys and checks too in that program")
    .option("--column <name>", "column to partition by; left out: the likeliest one that holds times")
    .addOption(new Option("--key <encoding>", "how this column writes time").choices(KEY_ENCODINGS).default("time"))
    .addOption(new Option("--zone <zone>", "time zone of the intervals").argParser(readZone).default("UTC"))
    .addOption(new Option("--every <interval>", "length of an interval; left out: proposed").choices(PERIODS))
    .option("--until <time>", "end of the history; left out: proposed")
    .option(
      "--backup <query>",
      "requireBackupSince.query of the program: says whether the swap would have its backup now",
    )
    .action(async (name: string | undefined, options: AnalyzeOptions, command: Command) => {
      if (name === undefined) return printCandidates(options, command);
      const id = requireTable(name);
      await withSession(command, async ({ database }) => {
        const facts = await readConversionFacts(database, id, {
          column: options.column,
          encoding: options.key,
          zone: options.zone,
          every: options.every,
          historyUntil: options.until === undefined ? undefined : readTime(options.until, options.zone),
          requireBackupSince: options.backup === undefined ? undefined : { query: options.backup, within: undefined },
        });
        if (!facts) throw new Error(`table "${formatTableId(id)}" does not exist`);
        const analysis = analyze(facts);
        if (options.json) console.log(JSON.stringify(analysis, undefined, 2));
        else if (options.markdown) console.log(renderMarkdown(analysis));
        else if (options.writeProgram) {
          const program = writeConversion(facts, analysis.findings, {
            management: database.managementSchema,
            columns: options.columns === true,
          });
          if (program === undefined) throw new Error(`no program: ${analysis.reason}`);
          console.log(program);
        } else console.log(renderAnalysis(analysis));
      });
    });
}

async function printCandidates(options: AnalyzeOptions, command: Command): Promise<void> {
  if (options.writeProgram) throw new Error("--write-program needs a table: pgpartition analyze schema.table");
  await withSession(command, async ({ database }) => {
    const candidates = rankCandidates(await readConversionCandidates(database));
    if (options.json) console.log(JSON.stringify(candidates, undefined, 2));
    else console.log(options.markdown ? renderCandidatesMarkdown(candidates) : renderCandidates(candidates));
  });
}

function readZone(text: string): string {
  if (!isZone(text)) throw new InvalidArgumentError("write a time zone, such as UTC or Europe/Berlin");
  return text;
}

function readTime(text: string, zone: string): Instant {
  try {
    return parseInstant(text, zone);
  } catch {
    throw new Error(`--until "${text}" is not a time; write for example 2027-01-01`);
  }
}
