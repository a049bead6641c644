import { differencesText, type KeyRange, proofText, rangeEndText } from "../../core/conversion/between/proof-text";
import { nameKeyColumn, type Pair } from "../../core/conversion/between/pair";
import type { Row, Session } from "../connect/session";
import { readCount, type Recorded } from "./copy-blocks";
import { inPairTransaction, type PairWork } from "./pair-transaction";
import { explainDifference } from "./reconcile";

/** One row that is not equal on both sides. */
export interface Difference {
  /** Values of the key, as text, in its order. */
  readonly key: readonly string[];
  readonly kind: "only in the table" | "only in the copy" | "different";
  /** Columns that differ. */
  readonly columns: readonly string[];
}

/** What the comparison of one range has shown. */
export interface Verified {
  readonly rows: number;
  /** Last key of the range; undefined: it was the last range. */
  readonly to: readonly string[] | undefined;
  /** Counts of both sides, if they are not equal, and some of the rows. */
  readonly differs: { readonly facts: string; readonly rows: readonly Difference[] } | undefined;
}

/** Rows that are named when a comparison fails. */
const MAX_DIFFERENCES = 20;

/** Planned by the statistics: whole ranges are read, not keys. */
const BY_COST = ["hashjoin", "mergejoin", "seqscan"].map((node) => `set local enable_${node} = on`);

/** Compares the rows of one range of keys, by counts and hashes of one snapshot, and records it if they are equal. */
export function verifyRange(
  work: PairWork,
  after: readonly string[] | undefined,
  rowsInRange: number,
  record: (rows: number, to: readonly string[] | undefined) => Recorded,
): Promise<Verified> {
  const { pair } = work;
  return inPairTransaction(work, { begin: "begin isolation level repeatable read" }, async (session) => {
    await Promise.all(BY_COST.map((text) => session.query(text)));
    const [last] = await session.query(rangeEndText(pair, after, rowsInRange), after ?? []);
    const to = last && pair.key.map((_, index) => String(last[nameKeyColumn(index)]));
    const range: KeyRange = { ...(after ? { after } : {}), ...(to ? { to } : {}) };
    const values = [...(after ?? []), ...(to ?? [])];
    const [proof] = await session.query(proofText(pair, range), values);
    const rows = readCount(proof, "source_rows");
    const facts = explainDifference(proof);
    if (facts !== undefined)
      return { rows, to, differs: { facts, rows: await listDifferences(session, pair, range, values) } };
    const { text, values: recorded } = record(rows, to);
    await session.query(text, recorded);
    return { rows, to, differs: undefined };
  });
}

async function listDifferences(
  session: Session,
  pair: Pair,
  range: KeyRange,
  values: readonly string[],
): Promise<Difference[]> {
  const rows = await session.query(differencesText(pair, range, MAX_DIFFERENCES), values);
  return rows.map(toDifference);
}

function toDifference(row: Row): Difference {
  const kind =
    row["only_source"] === true ? "only in the table" : row["only_target"] === true ? "only in the copy" : "different";
  const columns = Array.isArray(row["columns"]) ? row["columns"].map(String) : [];
  const key = Array.isArray(row["key"]) ? row["key"].map(String) : [];
  return { key, kind, columns: kind === "different" ? columns : [] };
}
