import { type AttachSource, choosePrimaryKey, formatHistoryEnd } from "../../../core/conversion/attach/attach-source";
import { type ConversionPlan, planConversion } from "../../../core/conversion/plan-conversion";
import type { Observation, ObservedTable } from "../../../core/observed/observed-table";
import type { Problem } from "../../../core/problems/problem";
import type { DeclaredConversion } from "../../../core/resources/conversion";
import { compareInstants, formatInstant } from "../../../core/time/instant";
import { findKeyKind } from "../../../core/time/key";
import { readConversionSource } from "../../../postgres/read/conversion-source";
import { hasRowsFrom, type HistoryFacts, readHistoryFacts } from "../../../postgres/read/history-facts";
import { listMissingRights } from "../../../postgres/read/rights";
import type { Runtime } from "../../runtime/runtime";

/** A plain table that can be converted, and the statements that do. */
export interface Convertible {
  readonly source: AttachSource;
  readonly facts: HistoryFacts;
  readonly plan: ConversionPlan;
}

/** What the database says about a declared conversion. */
export type ConversionReading =
  | { readonly kind: "none" | "converted" }
  | { readonly kind: "refused"; readonly problems: readonly Problem[] }
  | ({ readonly kind: "convertible" } & Convertible);

/** Reads the table as it is now, with everything that is bound to it, and plans its conversion. */
export async function readConversion(runtime: Runtime, declared: DeclaredConversion): Promise<ConversionReading> {
  const facts = await readHistoryFacts(runtime.database, declared);
  const observation = await runtime.observeAgain(declared, declared.key);
  const { table } = observation;
  if (!table) return { kind: "none" };
  if (table.kind === "partitioned") return { kind: "converted" };
  const bound = await readConversionSource(runtime.database, declared);
  const kind = findKeyKind(findType(table, declared.key.column), declared.key.encoding);
  if (!bound || !kind) return { kind: "refused", problems: [refuseKey(declared, table)] };
  const source: AttachSource = {
    table,
    bound,
    publications: observation.replication.publications,
    defaultGrantees: observation.defaultGrantees,
    key: { column: declared.key.column, kind, zone: declared.key.zone },
    historyUntil: declared.historyUntil,
    historyName: declared.historyName,
    primaryKey: choosePrimaryKey(declared.primaryKey, table, declared.key),
  };
  const problems = await findProblems(runtime, declared, source, observation);
  if (problems.length > 0) return { kind: "refused", problems };
  return { kind: "convertible", source, facts, plan: planConversion(source, facts.fingerprint) };
}

function findType(table: ObservedTable, column: string): string {
  return table.columns.find(({ name }) => name === column)?.type ?? "";
}

function refuseKey({ key }: DeclaredConversion, table: ObservedTable): Problem {
  const type = findType(table, key.column);
  return {
    path: "partitionBy[0].range",
    code: "key-type",
    message: `the key "${key.column}" of "${table.schema}.${table.name}" has type ${type || "(no such column exists)"}, which does not hold a key of kind "${key.encoding}".`,
    fix: 'Set key to how the column writes time: "epoch-s", "epoch-ms", "epoch-us" for integers, "uuidv7" for uuid.',
  };
}

async function findProblems(
  runtime: Runtime,
  declared: DeclaredConversion,
  source: AttachSource,
  observation: Observation,
): Promise<Problem[]> {
  const name = `"${declared.schema}.${declared.table}"`;
  const refused = (path: string, message: string, fix: string): Problem => ({
    path,
    code: "conflict",
    message,
    fix,
  });
  const end = formatInstant(declared.historyUntil);
  const missing = listMissingRights(source.table);
  const taken = await runtime.observe({ schema: declared.schema, table: declared.historyName });
  return [
    ...(missing.length > 0
      ? [
          refused(
            "table",
            `role "${source.table.rights.role}" may not convert ${name}.`,
            `An administrator has to run: ${missing.join("; ")}`,
          ),
        ]
      : []),
    ...(taken.table
      ? [
          refused(
            "convertFrom.historyName",
            `"${declared.schema}.${declared.historyName}" exists already.`,
            "Rename it, or declare another historyName.",
          ),
        ]
      : []),
    ...(compareInstants(runtime.getNow(observation), declared.historyUntil) >= 0
      ? [
          refused(
            "convertFrom.historyUntil",
            `the history ends ${end}, which is past: new rows of ${name} would be refused.`,
            "End it where a later interval of the grid begins.",
          ),
        ]
      : []),
    ...((await hasRowsFrom(runtime.database, declared, declared.key.column, formatHistoryEnd(source)))
      ? [
          refused(
            "convertFrom.historyUntil",
            `${name} has rows at or after ${end}, where its history is to end.`,
            "End it later than every row.",
          ),
        ]
      : []),
  ];
}
