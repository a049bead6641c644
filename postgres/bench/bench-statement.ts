import { formatMs } from "../../core/bench/format-times";
import type { Outcome } from "../../core/bench/judge";
import { pointAt } from "../../core/bench/point-at";
import { type PlanFacts, readPlan } from "../../core/bench/read-plan";
import { toSideRun } from "../../core/bench/side-run";
import type { SideName } from "../../core/bench/sides";
import { type BenchStatement, explainNoQuery } from "../../core/bench/split-statements";
import { hasParameters } from "../../core/bench/parameters";
import { getSqlState, isConnectionLoss, isLockTimeout } from "../connect/sqlstate";
import type { Session } from "../connect/session";
import type { Database } from "../database";
import type { FoundSide, FoundSides } from "./find-sides";

export interface BenchOptions {
  /** Rounds that are measured; one more comes before them. */
  readonly rounds: number;
  /** Longest time of one run, in milliseconds. */
  readonly timeoutMs: number;
  /** Where names without a schema are looked up, quoted and separated by commas. */
  readonly searchPath: string;
  /** Major version of the server. */
  readonly serverVersion: number;
  /** Ends it between two runs; the caller cancels the one that is under way. */
  readonly signal: AbortSignal;
}

/** How a statement is explained. */
type Mode = "plan" | "generic" | "run";

/** Server's answer on one side. */
interface Answer {
  readonly plan?: PlanFacts;
  /** Relations that the statement has locked, by oid: those that it reads. */
  readonly read?: readonly string[];
  readonly failure?: { readonly message: string; readonly state: string | undefined };
}

type Texts = Readonly<Record<SideName, string>>;

const SIDES: readonly SideName[] = ["before", "after"];

const EXPLAIN: Readonly<Record<Mode, string>> = {
  plan: "explain (verbose, format json)",
  generic: "explain (generic_plan, verbose, format json)",
  // The time of each node is not asked for: to read the clock for each row would cost more than some of them.
  run: "explain (analyze, buffers, timing off, summary, verbose, format json)",
};

/** First version that plans a statement with parameters and without their values. */
const GENERIC_PLAN_VERSION = 16;

/** Runs one query on both sides, in alternate order. Takes no lock but ACCESS SHARE, and changes nothing. */
export async function benchStatement(
  database: Database,
  sides: FoundSides,
  statement: BenchStatement,
  options: BenchOptions,
): Promise<Outcome> {
  const no = explainNoQuery(statement.sql);
  if (no !== undefined) return { kind: "left out", why: no };
  const before = pointAt(statement.sql, sides.named, sides.before.table);
  const after = pointAt(statement.sql, sides.named, sides.after.table);
  if (before.kind === "refused") return { kind: "left out", why: before.why };
  if (after.kind === "refused") return { kind: "left out", why: after.why };
  const texts = { before: before.sql, after: after.sql };
  const generic = hasParameters(statement.sql);
  if (generic && options.serverVersion < GENERIC_PLAN_VERSION)
    return {
      kind: "left out",
      why: `it has parameters, and no values for them; write it into a file with typical values`,
    };
  const planned = await ask(database, sides, texts, generic ? "generic" : "plan", SIDES, options);
  const failed = judgeFailures(planned) ?? judgeRelations(planned, sides);
  if (failed) return failed;
  if (generic)
    return toPlanned(planned, "it has parameters, and no values for them; from a file with typical values it is run");
  return runRounds(database, sides, texts, options);
}

async function runRounds(database: Database, sides: FoundSides, texts: Texts, options: BenchOptions): Promise<Outcome> {
  const plans: Record<SideName, PlanFacts[]> = { before: [], after: [] };
  for (let round = 0; round <= options.rounds; round += 1) {
    // The second of a round finds more in the operating system's cache, if the two read the same files.
    const order = round % 2 === 0 ? SIDES : [...SIDES].reverse();
    const answers = await ask(database, sides, texts, "run", order, options);
    const failed = judgeFailures(answers);
    if (failed) return failed;
    for (const name of SIDES) plans[name].push(...[answers[name].plan].filter((plan) => plan !== undefined));
  }
  return { kind: "measured", before: toSideRun(plans.before), after: toSideRun(plans.after) };
}

/** Explains a statement on both sides, in one snapshot. */
async function ask(
  database: Database,
  sides: FoundSides,
  texts: Texts,
  mode: Mode,
  order: readonly SideName[],
  options: BenchOptions,
): Promise<Record<SideName, Answer>> {
  options.signal.throwIfAborted();
  const settings = { statement_timeout: `${options.timeoutMs}ms` };
  return database.readSnapshot("comparing queries", settings, async (session) => {
    // SET takes a list of schemas apart only where it is no literal.
    await session.query("select pg_catalog.set_config('search_path', $1, true)", [options.searchPath]);
    const answers: Record<SideName, Answer> = { before: {}, after: {} };
    for (const name of order)
      answers[name] = await askOne(session, sides[name], `${EXPLAIN[mode]} ${texts[name]}`, options);
    return answers;
  });
}

/** Asks about one side within a savepoint, whose end gives back its locks, and which a failure does not outlive. */
async function askOne(session: Session, side: FoundSide, text: string, options: BenchOptions): Promise<Answer> {
  await session.set("savepoint side");
  const answer = await explainOn(session, side, text, options);
  await session.set("rollback to savepoint side");
  return answer;
}

async function explainOn(
  session: Session,
  side: FoundSide,
  text: string,
  { signal, timeoutMs }: BenchOptions,
): Promise<Answer> {
  try {
    const [row] = await (hasParameters(text) ? session.querySimple(text) : session.query(text));
    const plan = readPlan(row?.["QUERY PLAN"], side);
    const locks = await session.query(LOCKED);
    return { plan, read: locks.map(({ oid }) => String(oid)) };
  } catch (error) {
    const state = getSqlState(error);
    // These are of the session, and not of the statement.
    if (state === undefined || isLockTimeout(error) || isConnectionLoss(error) || signal.aborted) throw error;
    if (state === QUERY_CANCELED) return { failure: { message: `it ran longer than ${formatMs(timeoutMs)}`, state } };
    return { failure: { message: error instanceof Error ? error.message : String(error), state } };
  }
}

const LOCKED = `select l.relation::text as oid from pg_catalog.pg_locks l
  where l.locktype = 'relation' and l.pid = pg_catalog.pg_backend_pid()
    and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())`;

const READ_ONLY = "25006";
const QUERY_CANCELED = "57014";

/** A statement that fails on both sides is no difference between them. */
function judgeFailures(answers: Readonly<Record<SideName, Answer>>): Outcome | undefined {
  const failing = SIDES.filter((name) => answers[name].failure);
  const [first] = failing;
  const failure = first && answers[first].failure;
  if (!first || !failure) return undefined;
  if (failure.state === READ_ONLY) return { kind: "left out", why: `it would change something: ${failure.message}` };
  if (failing.length === SIDES.length) return { kind: "left out", why: `it fails on both sides: ${failure.message}` };
  return { kind: "failed", on: first, message: failure.message };
}

/** The server knows what a statement reads: the other side, by a view say, would make the comparison one of a mixture. */
function judgeRelations(answers: Readonly<Record<SideName, Answer>>, sides: FoundSides): Outcome | undefined {
  for (const name of SIDES) {
    const own = sides[name];
    const foreign = [sides.before.oid, sides.after.oid, sides.namedOid].filter((oid) => !own.family.includes(oid));
    if (answers[name].read?.some((oid) => foreign.includes(oid)))
      return { kind: "left out", why: "it reads the table by another name too, such as that of a view" };
  }
  return undefined;
}

function toPlanned(answers: Readonly<Record<SideName, Answer>>, why: string): Outcome {
  const { before, after } = answers;
  if (!before.plan || !after.plan) throw new RangeError("a statement that did not fail has a plan");
  return { kind: "planned", before: before.plan, after: after.plan, why };
}
