import { tokenize } from "../../sql/expression";
import type { NeedProblem } from "./need-problems";
import type { Trial, TrialStep } from "./trial";

/** Answer of the server to a step that failed. */
export interface TrialFailure {
  /** Position of the step. */
  readonly step: number;
  readonly sqlState: string;
  readonly message: string;
}

export interface TrialOutcome {
  /** True if expressions were only parsed: the server takes no temporary table, or not from this role. */
  readonly parsedOnly: boolean;
  readonly failures: readonly TrialFailure[];
}

/** Classes of states that say nothing about the declaration: locks, resources, operators, event triggers, the server itself. */
const NO_JUDGEMENT = ["25", "40", "53", "55", "57", "58", "P0", "XX"];

/** States of names in an expression: parsing alone can tell no other. Not of types, which the columns may have. */
const OF_NAMES = ["42883", "42P01", "42703", "3F000"];

/** What is known besides the trial. */
interface TrialContext {
  /** True for an existing table that is changed. */
  readonly exists: boolean;
  /** Names of the other tables that the program has declared so far. */
  readonly others: readonly string[];
}

/** Returns what the server refused, each at its argument. */
export function findTrialProblems(trial: Trial, outcome: TrialOutcome, context: TrialContext): NeedProblem[] {
  const failed = outcome.failures.flatMap((failure) => {
    const step = trial.steps[failure.step];
    return step ? [{ ...failure, step }] : [];
  });
  const broken = failed.flatMap(({ step }) => step.adds ?? []);
  return failed.flatMap(({ step, ...failure }): NeedProblem[] => {
    const { sqlState } = failure;
    if (step.path === undefined || NO_JUDGEMENT.includes(sqlState.slice(0, 2))) return [];
    if (step.adds === undefined && names(step, broken)) return [];
    if (outcome.parsedOnly && !OF_NAMES.includes(sqlState)) return [];
    // Only the table itself knows functions of its rows, and queries of itself.
    const onlyItself = sqlState === "42P01" || (sqlState === "42883" && context.exists);
    if (onlyItself && namesItself(step, trial.table)) return [];
    const problem = refuseText(step.path, step.subject, failure, { sql: step.queries ? step.sql : "", ...context });
    return [step.fix === undefined ? problem : { ...problem, fix: step.fix, settledBy: "nothing" }];
  });
}

/** An expression that the server refuses. */
interface RefusedText {
  /** The expression, if it may query other tables; empty: it cannot. */
  readonly sql: string;
  readonly others: readonly string[];
  /** What to do, for a state that does not say it. */
  readonly fix?: string;
}

/** Says what the server refuses, in its words, and what to do. */
export function refuseText(
  path: string,
  subject: string,
  { sqlState, message }: Pick<TrialFailure, "sqlState" | "message">,
  { sql, others, fix = "Correct it." }: RefusedText,
): NeedProblem {
  return {
    path,
    code: "invalid-value",
    message: `the server refuses ${subject}: ${message}.`,
    fix: FIXES[sqlState] ?? fix,
    settledBy: chooseSettler(sqlState, sql, others),
  };
}

function chooseSettler(sqlState: string, sql: string, others: readonly string[]): NeedProblem["settledBy"] {
  if (FIXES[sqlState] === undefined) return "nothing";
  if (sql === "") return sqlState === "42703" ? "nothing" : "awaited";
  const words = listWords(sql);
  const queriesOther = sqlState === "42P01" || others.some((name) => words.includes(name.toLowerCase()));
  return queriesOther ? "program" : "awaited";
}

const CREATE = "Create it first, or correct the name. Names outside of pg_catalog are written with their schema.";

/** What to do where the server knows no such name, or denies a right: another resource may create or grant it. */
const FIXES: Readonly<Record<string, string | undefined>> = {
  "42703": "Correct its name.",
  "42883": CREATE,
  "42P01": CREATE,
  "3F000": CREATE,
  "42704": CREATE,
  "42501": "An administrator has to grant the right.",
};

/** Returns true if a step has one of the columns, whose own problem is told. */
function names(step: TrialStep, columns: readonly string[]): boolean {
  const words = listWords(step.sql);
  return columns.some((column) => words.includes(column.toLowerCase()));
}

/** Returns true if an expression names the table; its own statement does once. */
function namesItself(step: TrialStep, table: string): boolean {
  return listWords(step.sql).filter((word) => word === table.toLowerCase()).length > 1;
}

function listWords(sql: string): string[] {
  return tokenize(sql).flatMap(({ kind, text }) =>
    kind === "word" || kind === "quoted" ? [text.replaceAll('"', "").toLowerCase()] : [],
  );
}
