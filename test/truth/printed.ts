// What a preview plans that an update runs, as `pgpartition plan` prints it: statements with their locks, resource by resource.
// The one file that knows how a plan is laid out.
import { parsePlanLines, renderRecords } from "../../core/plan/report/plan-record";
import { LOCK_MODES, type LockMode } from "../../core/sql/statement";

interface PrintedStatement {
  readonly sql: string;
  readonly locks: ReadonlyMap<string, LockMode>;
  /** Modes of partitions that are only counted: any partition may have it. */
  readonly counted: readonly LockMode[];
  /** Tables that refer to this one, or that it refers to: the lock reaches their partitions. */
  readonly reaching: readonly string[];
}

export type PrintedTransaction = readonly PrintedStatement[];

/** What one resource prints. */
export interface PrintedBlock {
  /** `Table`, `PartitionWindow` and so on. */
  readonly type: string;
  readonly name: string;
  readonly transactions: readonly PrintedTransaction[];
  /** Words that begin the lines of a plan: its verbs. */
  readonly verbs: readonly string[];
  readonly text: string;
}

const HEADING = /^ {2}pgpartition:index:(\w+) \((.*)\):$/;
const STATEMENT = /^\s+(\S.*?);\s+-- (.*)$/;
const VERB = /^ +(?:not now: )?([a-z]+) "?[\w.]+"?(?: \[\S+, \S+\).*)?: /;

/** Reads the plan of a preview as `pgpartition plan` prints it. */
export function readPlan(file: string): readonly PrintedBlock[] {
  return parsePlanLines(file).map((record) => {
    const parts = record.urn.split("::");
    const text = renderRecords([record]);
    const lines = text.split("\n");
    return {
      type: parts[2]?.split(":").at(-1) ?? "",
      name: parts.at(-1) ?? "",
      transactions: readTransactions(lines),
      verbs: lines.flatMap((one) => VERB.exec(one)?.[1] ?? []),
      text,
    };
  });
}

/** Reads what `pulumi preview` says about each resource. */
export function readSaid(output: string): readonly Pick<PrintedBlock, "name" | "text">[] {
  const blocks: { name: string; lines: string[] }[] = [];
  for (const line of output.slice(output.indexOf("Diagnostics:")).split("\n")) {
    const heading = HEADING.exec(line);
    if (heading) blocks.push({ name: heading[2] ?? "", lines: [] });
    else if (/^\S|^ {2}\S/.test(line)) blocks.push({ name: "", lines: [] });
    else blocks.at(-1)?.lines.push(line);
  }
  return blocks.map(({ name, lines }) => ({ name, text: lines.join("\n") }));
}

/** Reads statements between the lines of a plan. */
export function readTransactions(lines: readonly string[]): PrintedTransaction[] {
  const done: PrintedTransaction[] = [];
  let open: PrintedStatement[] | undefined;
  for (const line of lines) {
    const text = line.trim();
    const statement = STATEMENT.exec(line);
    if (text === "BEGIN;") open = [];
    else if (text === "COMMIT;") {
      if (open) done.push(open);
      open = undefined;
    } else if (statement) {
      const [, sql = "", traits = ""] = statement;
      const printed = { sql, ...readLocks(traits) };
      if (open) open.push(printed);
      else done.push([printed]);
    }
  }
  return done;
}

/** Reads `parent public.events ACCESS SHARE; 12 partitions ACCESS EXCLUSIVE | instant`. */
function readLocks(traits: string): Omit<PrintedStatement, "sql"> {
  const locks = new Map<string, LockMode>();
  const counted: LockMode[] = [];
  const reaching: string[] = [];
  for (const part of (traits.split(" | ")[0] ?? "").split("; ")) {
    const mode = [...LOCK_MODES].sort((a, b) => b.length - a.length).find((one) => part.endsWith(` ${one}`));
    if (mode === undefined) continue;
    const subject = part.slice(0, -mode.length - 1);
    if (/^\d+ partitions$/.test(subject)) counted.push(mode);
    else {
      const [role = "", relation = ""] = subject.split(/ (.*)/);
      locks.set(relation, mode);
      if (role === "referenced" || role === "referring") reaching.push(relation);
    }
  }
  return { locks, counted, reaching };
}
