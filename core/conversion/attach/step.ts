import type { Statement } from "../../sql/statement";

/**
 * Returns one statement of a swap, or of its way back: on tables that are locked already, or that no session sees yet, if `more` names
 * no lock. Its transaction is set with those of all others.
 */
export function buildStep(sql: string, more: Partial<Pick<Statement, "locks" | "hazards">> = {}): Statement {
  return {
    sql,
    transaction: undefined,
    timeouts: "strong",
    locks: more.locks ?? [],
    hold: "instant",
    hazards: more.hazards ?? [],
    undo: "rolled back with the swap",
  };
}

export function buildSteps(texts: readonly string[]): Statement[] {
  return texts.map((sql) => buildStep(sql));
}
