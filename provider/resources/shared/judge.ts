import type { TableShape } from "../../../core/declare/table/spec";
import { formatTableId } from "../../../core/names/resource-id";
import type { TableName } from "../../../core/names/table-name";
import type { Observation } from "../../../core/observed/observed-table";
import { findTypeProblems, listTypesToResolve } from "../../../core/table/alter/resolved-types";
import {
  findNeedProblems,
  findVersionProblems,
  type NeedFacts,
  type NeedProblem,
  toDeclaredTarget,
} from "../../../core/table/needs/need-problems";
import { listNeeds, needsNothing } from "../../../core/table/needs/needs";
import { buildTrial } from "../../../core/table/needs/trial";
import { findTrialProblems } from "../../../core/table/needs/trial-problems";
import { StatementError } from "../../../postgres/connect/session-errors";
import { resolveTypes } from "../../../postgres/read/alter-facts";
import { readNeeded } from "../../../postgres/read/needed";
import type { ResourceContext } from "../../runtime/call-context";
import type { Runtime } from "../../runtime/runtime";
import { refuse } from "./inputs";

const NO_FACTS: NeedFacts = { role: "", roles: [], schemas: [], tablespaces: [], targets: [] };

/**
 * Judges what is new in the declaration of a table, before anything is changed: every name that it uses, every expression and
 * every right. Returns all problems, each at its argument. Sends no query if nothing is new.
 */
export async function judgeTable(
  runtime: Runtime,
  shape: TableShape,
  observation: Observation,
): Promise<readonly NeedProblem[]> {
  const { table } = observation;
  // Another kind of relation is refused as a whole, as is a missing table of another tool.
  if (table ? table.kind !== "partitioned" : !shape.columns) return [];
  const types = findTypeProblems(shape, await resolveTypes(runtime.database, listTypesToResolve(shape, table)));
  const facts = await readFacts(runtime, shape, observation);
  const trial = buildTrial(shape, observation, facts);
  const outcome = trial && (await runtime.database.tryDeclaration(shape, trial));
  const tried =
    trial && outcome
      ? findTrialProblems(trial, outcome, { exists: table !== undefined, others: listOthers(runtime, shape) })
      : [];
  return [
    ...types.map((problem) => ({ ...problem, settledBy: "awaited" as const })),
    ...findVersionProblems(shape, observation),
    ...findNeedProblems(listNeeds(shape, observation), facts),
    ...tried.filter(({ path }) => !types.some((problem) => problem.path === path)),
  ];
}

async function readFacts(runtime: Runtime, shape: TableShape, observation: Observation): Promise<NeedFacts> {
  const needs = listNeeds(shape, observation);
  const declared = needs.keys.flatMap(({ references }) => {
    const own = formatTableId(references) === formatTableId(shape);
    const other = own ? shape : runtime.getShape(references);
    return (other && toDeclaredTarget(other)) ?? [];
  });
  const isDeclared = (one: TableName): boolean => declared.some((it) => formatTableId(it) === formatTableId(one));
  const asked = { ...needs, keys: needs.keys.filter(({ references }) => !isDeclared(references)) };
  const facts = needsNothing(asked) ? NO_FACTS : await readNeeded(runtime.database, asked);
  return { ...facts, targets: [...declared, ...facts.targets] };
}

/** Returns the names of the other tables that this run's program has declared so far. */
export function listOthers(runtime: Runtime, table: TableName): string[] {
  return runtime.listShapes().flatMap((one) => (formatTableId(one) === formatTableId(table) ? [] : [one.table]));
}

/** Returns the problems for Check. What something else may settle before the update is a warning. */
export function tellProblems(
  ctx: ResourceContext,
  runtime: Runtime,
  table: TableName,
  problems: readonly NeedProblem[],
): readonly NeedProblem[] {
  const waits = runtime.awaiting.has(formatTableId(table));
  const mayCome = ({ settledBy }: NeedProblem): boolean =>
    settledBy === "program" || (waits && settledBy === "awaited");
  for (const { path, message, fix } of problems.filter(mayCome))
    ctx.log.warn(`${path}: ${message} ${fix} It must exist when the update runs.`);
  return problems.filter((problem) => !mayCome(problem));
}

/**
 * Names the argument of an error that statements on a table met, by the declaration of this run: all of it is judged again, also what the
 * registry knows, because that is what was dropped.
 */
export async function nameTableArguments<T>(
  runtime: Runtime,
  table: TableName,
  subject: string,
  body: () => Promise<T>,
): Promise<T> {
  const shape = runtime.getShape(table);
  if (!shape) return body();
  const judge = async (): Promise<readonly NeedProblem[]> => {
    const observation = await runtime.observeAgain(shape, shape.window.key);
    return judgeTable(runtime, shape, { ...observation, registration: undefined });
  };
  return nameArguments(subject, judge, body);
}

/**
 * Names the argument of an error that the statements of a declaration met, because something was dropped or revoked after it
 * was judged: the transaction was rolled back, so the declaration is judged again.
 */
export async function nameArguments<T>(
  subject: string,
  judge: () => Promise<readonly NeedProblem[]>,
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    const problems = await judge().catch(() => []);
    if (problems.length > 0) refuse(subject, problems);
    throw error;
  }
}
