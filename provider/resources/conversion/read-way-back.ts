import { formatHistoryEnd } from "../../../core/conversion/attach/attach-source";
import { listToValidate, validateLeft, validateReferring } from "../../../core/conversion/attach/repoint";
import { explainNoWayBack, findBackProblems, type ReturningRows } from "../../../core/conversion/back/back-problems";
import {
  type BackSource,
  findConversion,
  findWayBack,
  listLeaving,
  nameFormerKey,
  needsFormerKey,
} from "../../../core/conversion/back/back-source";
import { prepareBackStatements, swapBackStatements } from "../../../core/conversion/back/swap-back";
import type { ConversionPlan } from "../../../core/conversion/attach/plan-attach";
import { MAX_NAMED_ROWS, MAX_RETURNED_ROWS } from "../../../core/defaults";
import { quote } from "../../../core/names/identifier";
import type { Observation, ObservedTable } from "../../../core/observed/observed-table";
import type { Problem } from "../../../core/problems/problem";
import type { DeclaredAttach } from "../../../core/resources/conversion";
import type { Statement } from "../../../core/sql/statement";
import { compareInstants } from "../../../core/time/instant";
import { findKeyKind } from "../../../core/time/key";
import { readConversionSource } from "../../../postgres/read/conversion-source";
import { readDependents } from "../../../postgres/read/dependents";
import { countRowsFrom, listDoubled, readHistoryFacts } from "../../../postgres/read/history-facts";
import { listMissingRights } from "../../../postgres/read/rights";
import { recordLedgerStatement, recordReleasedStatements } from "../../../postgres/registry/ledger";
import { forgetPreparedStatement } from "../../../postgres/registry/schedule-records";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";

/** A converted table that can become the plain one again, and the statements that do. */
export interface Reversible {
  readonly source: BackSource;
  readonly rows: ReturningRows;
  readonly plan: ConversionPlan;
  /** The swap of the plan with its records in the ledger. */
  readonly recorded: readonly Statement[];
}

type WayBackReading =
  | { readonly kind: "refused"; readonly state: "converted"; readonly problems: readonly Problem[] }
  | ({ readonly kind: "reversible" } & Reversible);

/** Reads a converted table as it is now, with its history and what is bound to both, and plans its way back. */
export async function readWayBack(
  runtime: Runtime,
  declared: DeclaredAttach,
  observation: Observation & { readonly table: ObservedTable },
): Promise<WayBackReading> {
  const { database } = runtime;
  const { table } = observation;
  const conversion = findConversion(observation.ledger);
  const refused = explainNoWayBack(observation, conversion);
  const found = table.partitions.find(({ oid }) => oid === conversion?.oid);
  if (refused || !conversion || !found)
    return { kind: "refused", state: "converted", problems: refused ? [refused] : [] };
  const named = { schema: found.schema, table: found.name };
  const facts = [await readHistoryFacts(database, declared), await readHistoryFacts(database, named)];
  // Read again: the fingerprints must not be newer than what is planned from.
  const again = await runtime.observeAgain(declared, declared.key);
  const history = again.table?.partitions.find(({ oid }) => oid === found.oid);
  const bound = await readConversionSource(database, declared);
  const own = await readConversionSource(database, named);
  if (!again.table || !history || !bound || !own)
    throw new Refusal(
      `table "${declared.schema}.${declared.table}" was altered while it was read; run the update again`,
    );
  const indexes = await database.observePartitionIndexes(declared.schema, declared.table);
  const source: BackSource = {
    table: again.table,
    bound,
    publications: again.replication.publications,
    history,
    own,
    historyIndexes: indexes.filter(({ schema, partition }) => schema === history.schema && partition === history.name),
    plain: conversion.plain,
  };
  const rows = await readReturning(runtime, declared, source);
  const dependents = await readDependents(
    database,
    listLeaving(source).map(({ oid }) => oid),
  );
  const problems = findBackProblems(source, rows, dependents, listMissingRights(again.table));
  if (problems.length > 0) return { kind: "refused", state: "converted", problems };
  const fingerprints = facts.map(({ fingerprint }) => fingerprint);
  const plan = {
    prepare: prepareBackStatements(source),
    swap: swapBackStatements(source, fingerprints),
    settle: validateReferring(source),
  };
  const recorded = swapBackStatements(source, fingerprints, recordBack(runtime, source));
  return { kind: "reversible", source, rows, plan, recorded };
}

/** Once the history has an index on the former key, only the rows outside of it can have one that is taken. */
async function readReturning(runtime: Runtime, declared: DeclaredAttach, source: BackSource): Promise<ReturningRows> {
  const { database } = runtime;
  const { column, zone, encoding } = declared.key;
  const kind = findKeyKind(source.table.key?.types[0] ?? "", encoding);
  const historyUntil = source.history.bounds?.to;
  if (!kind || !historyUntil)
    throw new Refusal(
      `the history of "${declared.schema}.${declared.table}" has no end that the key "${column}" can be compared with`,
    );
  const end = formatHistoryEnd({ key: { column, kind, zone }, historyUntil });
  const count = await countRowsFrom(database, declared, column, end, MAX_RETURNED_ROWS);
  const columns = source.plain.primaryKey?.columns ?? [];
  if (count > MAX_RETURNED_ROWS || !needsFormerKey(source)) return { count, doubled: [] };
  const built = source.historyIndexes.some(({ name, valid }) => valid && name === nameFormerKey(source));
  const among = built ? `${quote(column)} >= ${end}` : undefined;
  return { count, doubled: await listDoubled(database, declared, columns, { among, limit: MAX_NAMED_ROWS }) };
}

/**
 * Returns the records of the way back: the history is not managed any more, the other partitions are gone, and whatever is written
 * about the table from now on is about another one. The row of the registry stays until the Table is deleted.
 */
function recordBack(runtime: Runtime, source: BackSource): Statement[] {
  const { managementSchema } = runtime.config;
  const { table, history, bound } = source;
  const entry = { schema: table.schema, table: table.name, run: runtime.run };
  const toEntry = (partition: typeof history) => ({
    ...entry,
    partition: partition.name,
    partitionSchema: partition.schema,
    bounds: partition.bounds ?? { from: undefined, to: undefined },
  });
  return [
    ...listLeaving(source).map((partition) =>
      recordLedgerStatement(managementSchema, { ...toEntry(partition), event: "dropped", detail: {} }),
    ),
    ...recordReleasedStatements(managementSchema, toEntry(history), { validate: listToValidate({ bound }) }),
    recordLedgerStatement(managementSchema, {
      ...entry,
      partition: table.name,
      bounds: { from: undefined, to: undefined },
      event: "destroying",
      detail: {},
    }),
    forgetPreparedStatement(managementSchema, entry),
  ];
}

/**
 * Returns what a way back has left to do for a table that is plain again; undefined: it was not taken back from a conversion with
 * the declared end of the history. Another end, or no `until`, converts it again.
 */
export async function readRestored(
  runtime: Runtime,
  declared: DeclaredAttach,
  { ledger }: Observation,
  table: ObservedTable,
): Promise<{ readonly kind: "restored"; readonly settle: readonly Statement[] } | undefined> {
  const entry = declared.until === "prepare" ? findWayBack(ledger, table.oid) : undefined;
  if (!entry?.bounds.to || compareInstants(entry.bounds.to, declared.historyUntil) !== 0) return undefined;
  return { kind: "restored", settle: await readUnvalidated(runtime, declared, entry.detail.validate ?? []) };
}

/** Returns what a converted table has left to do: a run may have been killed after its swap. */
export function readUnsettled(
  runtime: Runtime,
  declared: DeclaredAttach,
  { ledger }: Pick<Observation, "ledger">,
): Promise<readonly Statement[]> {
  return readUnvalidated(runtime, declared, findConversion(ledger)?.validate ?? []);
}

/** Validates those of the named foreign keys that still have to be. Sends no query if there are none. */
async function readUnvalidated(
  runtime: Runtime,
  declared: DeclaredAttach,
  named: readonly string[],
): Promise<readonly Statement[]> {
  if (named.length === 0) return [];
  const bound = await readConversionSource(runtime.database, declared);
  return bound ? validateLeft(bound, named) : [];
}
