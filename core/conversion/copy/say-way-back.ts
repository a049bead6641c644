import { fitIdentifier, quoteLiteral, quoteQualified } from "../../names/identifier";
import type { TableName } from "../../names/table-name";
import type { Statement } from "../../sql/statement";
import { compareInstants, formatInstant, type Instant } from "../../time/instant";
import { CAPTURE_TRIGGERS } from "../between/capture";

/** A way back that a swap opens: the table of its pending keys, and when it closes. */
export interface OpenedWayBack {
  readonly pending: string;
  readonly until: Instant;
}

/** Names the table of the pending keys of a way back. */
export function nameBackPending(table: string): string {
  return fitIdentifier(`${table}_back`);
}

/** Returns the way back that a swap opens now. Undefined: none is declared, or its time has passed. */
export function findOpened(
  { table, rollbackUntil }: { readonly table: string; readonly rollbackUntil: Instant | undefined },
  now: Instant,
): OpenedWayBack | undefined {
  if (!rollbackUntil || compareInstants(rollbackUntil, now) <= 0) return undefined;
  return { pending: nameBackPending(table), until: rollbackUntil };
}

/**
 * Comment of the trigger that captures the rows of a partitioned table: by it whatever reads the catalogue knows that a way back is
 * open, and until when.
 */
export function describeWayBack(until: Instant): string {
  return `keeps a way back until ${formatInstant(until)}`;
}

/** Says another end. */
export function sayWayBack({ schema, table }: TableName, until: Instant): Statement {
  const sql = `COMMENT ON TRIGGER ${CAPTURE_TRIGGERS.rows} ON ${quoteQualified(schema, table)} IS ${quoteLiteral(describeWayBack(until))}`;
  return {
    sql,
    transaction: sql,
    timeouts: "light",
    locks: [{ relation: `${schema}.${table}`, role: "parent", mode: "SHARE UPDATE EXCLUSIVE" }],
    hold: "instant",
    hazards: [],
    undo: "declare the former time again",
  };
}
