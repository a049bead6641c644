import type { WindowSpec } from "../../../core/declare/table/spec";
import type { Observation } from "../../../core/observed/observed-table";
import { buildAliases, planAliases, type TakenName } from "../../../core/schedule/aliases";
import type { Database } from "../../../postgres/database";
import { readTakenNames } from "../../../postgres/read/names-taken";
import { recordAliasesStatement } from "../../../postgres/registry/schedule-records";
import type { WorkContext } from "../../../postgres/work/work-context";

/** Looks up which names of functions other objects have, only if one has to be created: an unchanged update sends no query. */
export async function readTaken(database: Database, spec: WindowSpec, observation: Observation): Promise<TakenName[]> {
  const aliases = buildAliases(database.managementSchema, spec, spec.functionNames);
  const registered = observation.registration?.aliases ?? [];
  if (!spec.functionNames || planAliases(aliases, registered, []).statements.length === 0) return [];
  return readTakenNames(database, spec.functionNames.schema, [...new Set(aliases.map(({ name }) => name))]);
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
