import { formatTableId } from "../../names/resource-id";
import { formatInstant } from "../../time/instant";
import { formatDay } from "./declaration";
import type { ConversionFacts } from "./facts";
import type { Finding } from "./finding";
import { findConversionFindings } from "./findings";
import { chooseStrategy, type StrategyReport } from "./strategies";

/** What `pgpartition analyze` says about one table: plain data, which is also its JSON. */
export interface Analysis {
  readonly table: string;
  readonly at: string;
  readonly rows: { readonly count: number; readonly estimated: true } | undefined;
  readonly bytes: { readonly rows: number; readonly longValues: number; readonly indexes: number };
  readonly key:
    | {
        readonly column: string;
        readonly type: string;
        readonly encoding: string;
        readonly min: string | undefined;
        readonly max: string | undefined;
        readonly nulls: number | undefined;
        /** False: from a sample. */
        readonly exact: boolean;
      }
    | undefined;
  readonly every: string;
  readonly historyUntil: string | undefined;
  readonly findings: readonly Finding[];
  readonly strategies: readonly StrategyReport[];
  readonly chosen: string | undefined;
  readonly reason: string;
}

/** Judges the facts: findings, what each strategy costs, and the one to choose. */
export function analyze(facts: ConversionFacts): Analysis {
  const findings = findConversionFindings(facts);
  const { key, activity } = facts;
  return {
    table: formatTableId({ schema: facts.table.schema, table: facts.table.name }),
    at: formatInstant(facts.now),
    rows: activity.rows === undefined ? undefined : { count: activity.rows, estimated: true },
    bytes: { rows: activity.heapBytes, longValues: activity.toastBytes, indexes: activity.indexBytes },
    key: key && {
      column: key.column,
      type: key.type,
      encoding: key.encoding,
      min: key.rows?.min,
      max: key.rows?.max,
      nulls: key.rows?.nulls,
      exact: key.rows !== undefined && key.rows.from !== "sample",
    },
    every: facts.every,
    historyUntil: facts.historyUntil && formatDay(facts.historyUntil, key?.zone ?? "UTC"),
    findings,
    ...chooseStrategy(facts, findings),
  };
}
