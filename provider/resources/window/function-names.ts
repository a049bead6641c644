import type { WindowSpec } from "../../../core/declare/table/spec";
import type { Observation } from "../../../core/observed/observed-table";
import { listDeclaredAliases, planFunctionNames } from "../../../core/plan/upkeep/function-names";
import { planAliases, type TakenName } from "../../../core/schedule/aliases";
import { listNewQueryFunctions } from "../../../core/schedule/query-functions";
import { buildQueryTrial } from "../../../core/schedule/query-trial";
import type { NeedProblem } from "../../../core/table/needs/need-problems";
import { findTrialProblems } from "../../../core/table/needs/trial-problems";
import type { Database } from "../../../postgres/database";
import { readTakenNames } from "../../../postgres/read/names-taken";
import { recordAliasesStatement } from "../../../postgres/registry/schedule-records";
import type { WorkContext } from "../../../postgres/work/work-context";
import type { Runtime } from "../../runtime/runtime";
import { listOthers } from "../shared/judge";

/** Looks up which names of functions other objects have, only if one has to be created: an unchanged update sends no query. */
export async function readTaken(database: Database, spec: WindowSpec, observation: Observation): Promise<TakenName[]> {
  const { managementSchema } = database;
  const aliases = listDeclaredAliases(managementSchema, spec, observation);
  if (aliases.length === 0 || planFunctionNames(managementSchema, spec, observation, []).upkeep.length === 0) return [];
  return readTakenNames(database, aliases);
}

/**
 * Lets the server judge query functions before they are created: their types, defaults and conditions. Sends no query if none is
 * new.
 */
export async function judgeQueryFunctions(
  runtime: Runtime,
  spec: WindowSpec,
  observation: Observation,
): Promise<NeedProblem[]> {
  const trial = buildQueryTrial(spec, listNewQueryFunctions(spec, observation), observation.table);
  const outcome = trial && (await runtime.database.tryDeclaration(spec, trial));
  if (!trial || !outcome) return [];
  return findTrialProblems(trial, outcome, {
    exists: observation.table !== undefined,
    others: listOthers(runtime, spec),
  });
}

/** Drops the functions and views for callers, because the table leaves. */
export async function dropFunctionNames(work: WorkContext, spec: WindowSpec, observation: Observation): Promise<void> {
  const { statements } = planAliases([], observation.registration?.aliases ?? [], []);
  const [first] = statements;
  if (!first) return;
  const record = recordAliasesStatement(work.management, { schema: spec.schema, table: spec.table, aliases: [] });
  const subject = `dropping functions for callers of "${spec.schema}.${spec.table}"`;
  await work.database.execute([...statements, { ...record, transaction: first.transaction }], {
    signal: work.signal,
    log: work.log,
    subject,
  });
}
