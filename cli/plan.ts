import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { parsePlanLines, renderRecords } from "../core/plan/report/plan-record";

type PlanLines = ReturnType<typeof parsePlanLines>;

interface PlanOptions {
  readonly json?: true;
  readonly stack?: string;
  readonly cwd?: string;
}

/** Prints every change and every statement of `pulumi preview`, which names each kind of a long plan once. */
export function createPlanCommand(): Command {
  return new Command("plan")
    .description(
      "Run `pulumi preview` in this project and print its whole plan: every change with its reason, every statement with its locks. Changes nothing.",
    )
    .option("--json", "as JSON: tables with their plans and statements, and the statements of other resources")
    .option("-s, --stack <name>", "the stack; the selected one by default")
    .option("-C, --cwd <folder>", "folder of the Pulumi project; this one by default")
    .argument("[preview...]", "further arguments of `pulumi preview`, after --")
    .action(async (more: readonly string[], options: PlanOptions) => {
      const lines = await preview(options, more);
      if (lines === undefined) return;
      if (options.json) console.log(JSON.stringify(toJson(lines), undefined, 2));
      else console.log(lines.length > 0 ? renderRecords(lines) : "no table changes");
    });
}

/** Returns the lines of the plan; undefined if the preview failed, whose own words and exit code then are the answer. */
async function preview(options: PlanOptions, more: readonly string[]): Promise<PlanLines | undefined> {
  // Only this user may read it: statements can name what a database holds.
  const folder = mkdtempSync(join(tmpdir(), "pgpartition-plan-"));
  const file = join(folder, "plan.jsonl");
  try {
    const stack = options.stack === undefined ? [] : ["--stack", options.stack];
    const { code, said } = await runPulumi(["preview", "--non-interactive", ...stack, ...more], file, options.cwd);
    if (code !== 0) {
      process.stderr.write(said);
      console.error("pgpartition: `pulumi preview` failed, so there is no plan; its output is above");
      process.exitCode = code;
      return undefined;
    }
    return existsSync(file) ? parsePlanLines(readFileSync(file, "utf8")) : [];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runPulumi(
  args: readonly string[],
  file: string,
  cwd: string | undefined,
): Promise<{ readonly code: number; readonly said: string }> {
  const child = spawn("pulumi", args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, PGPARTITION_PLAN_FILE: file },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  return new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(
        new Error(`pulumi cannot be started: ${error.message}. Install it, or add its folder to PATH`, {
          cause: error,
        }),
      ),
    );
    child.once("close", (code) => resolve({ code: code ?? 1, said }));
  });
}

function toJson(lines: PlanLines): object {
  return {
    tables: lines.flatMap(({ table, plan, statements }) => (plan ? [{ table, plan, statements }] : [])),
    others: lines
      .filter(({ plan }) => plan === undefined)
      .map(({ urn, heading, statements }) => ({ urn, heading, statements })),
  };
}
