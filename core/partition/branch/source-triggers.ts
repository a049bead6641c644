import { fitIdentifier, quote, quoteLiteral, quoteQualified } from "../../names/identifier";
import type { WindowSpec } from "../../declare/table/spec";
import type { Statement } from "../../sql/statement";
import { isSource, type ValueSource } from "../../levels/levels";

/** A trigger of this product on a table that values are read from. */
export interface ObservedSourceTrigger {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly enabled: boolean;
}

/** Existing triggers, and the schema of the function that they call. */
export interface KnownSourceTriggers {
  readonly management: string;
  readonly found: readonly ObservedSourceTrigger[];
}

/** Pending changes of the triggers on one table of values. */
interface SourceTriggerChange {
  /** `schema.table`. */
  readonly source: string;
  readonly reason: string;
  readonly statements: readonly Statement[];
}

/**
 * Compares declared with existing triggers, which are identified by the function that they call and its arguments. An undeclared
 * one is dropped, and a disabled one is created again.
 */
export function planSourceTriggers(
  management: string,
  spec: WindowSpec,
  found: readonly ObservedSourceTrigger[],
): SourceTriggerChange[] {
  const wanted = listDeclaredSources(spec);
  const missing = wanted.filter((source) => !found.some((trigger) => trigger.enabled && isOn(trigger, source)));
  const changes = missing.map((source): SourceTriggerChange => {
    const off = found.filter((trigger) => isOn(trigger, source));
    return {
      source: `${source.schema}.${source.table}`,
      reason: off.length > 0 ? "its trigger is switched off" : "its new values are to have their branches at once",
      statements: [...off.map(buildDropText), createSourceTriggerStatement(management, spec, source)],
    };
  });
  const stale = found.filter((trigger) => !wanted.some((source) => isOn(trigger, source)));
  return [
    ...changes,
    ...stale.map((trigger) => ({
      source: `${trigger.schema}.${trigger.table}`,
      reason: "its trigger is not declared any more",
      statements: [buildDropText(trigger)],
    })),
  ].map((change) => ({
    ...change,
    statements: change.statements.map((one) => ({ ...one, transaction: `trigger on ${change.source}` })),
  }));
}

/** Drops all of them, because the table is being dropped. */
export function dropSourceTriggers(found: readonly ObservedSourceTrigger[]): Statement[] {
  return found.map((trigger) => ({
    ...buildDropText(trigger),
    transaction: `trigger on ${trigger.schema}.${trigger.table}`,
  }));
}

/** Returns each table once, regardless of how many levels are read from it. */
function listDeclaredSources(spec: WindowSpec): ValueSource[] {
  const sources = spec.levels.above.flatMap((level) =>
    level.kind === "list" && isSource(level.values) && level.values.trigger ? [level.values] : [],
  );
  return sources.filter((source, index) => sources.findIndex((other) => isOn(other, source)) === index);
}

function isOn(one: { readonly schema: string; readonly table: string }, other: typeof one): boolean {
  return one.schema === other.schema && one.table === other.table;
}

/** Creates the trigger on one table of values. */
export function createSourceTriggerStatement(
  management: string,
  spec: Pick<WindowSpec, "schema" | "table">,
  source: Pick<ValueSource, "schema" | "table">,
): Statement {
  const name = quote(fitIdentifier(`pgpartition_${spec.schema}_${spec.table}`));
  const table = quoteQualified(source.schema, source.table);
  const call = `${quote(management)}.values_changed(${quoteLiteral(spec.schema)}, ${quoteLiteral(spec.table)})`;
  return {
    sql: `CREATE TRIGGER ${name} AFTER INSERT OR UPDATE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION ${call}`,
    transaction: undefined,
    timeouts: "strong",
    locks: [{ relation: `${source.schema}.${source.table}`, role: "referenced", mode: "SHARE ROW EXCLUSIVE" }],
    hold: "instant",
    hazards: ["LOCK_REF_WRITE", "AUTOMATION"],
    undo: `DROP TRIGGER ${name} ON ${table}`,
  };
}

function buildDropText(trigger: ObservedSourceTrigger): Statement {
  return {
    sql: `DROP TRIGGER ${quote(trigger.name)} ON ${quoteQualified(trigger.schema, trigger.table)}`,
    transaction: undefined,
    timeouts: "strong",
    locks: [{ relation: `${trigger.schema}.${trigger.table}`, role: "referenced", mode: "ACCESS EXCLUSIVE" }],
    hold: "instant",
    hazards: ["LOCK_REF_AX", "AUTOMATION"],
    undo: "declare it again",
  };
}
