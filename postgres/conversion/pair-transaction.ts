import { FOLLOWS } from "../../core/conversion/between/follows";
import { compareMarks, markQuery, type PairMark } from "../../core/conversion/between/mark";
import { type Pair, type PairRelation, quoteRelationOf } from "../../core/conversion/between/pair";
import type { Row, Session } from "../connect/session";
import type { Begin } from "../connect/transaction";
import type { Database } from "../database";
import { WHOLE_TABLE } from "../execute/copy-transaction";

/** One pair, and what a step of its copy needs. */
export interface PairWork {
  readonly database: Database;
  readonly pair: Pair;
  /** As it was when the capture was installed. */
  readonly marks: PairMark;
  readonly signal: AbortSignal;
  /** Gerund and object, for errors. */
  readonly subject: string;
  /** Oid of a target that refuses the writes of all others: a setting of the transaction lets its own pass. */
  readonly passes?: string;
}

/** Thrown if partitions of the source came since, so that a TRUNCATE of them would not be captured. Nothing was changed by this step. */
export class BareLeaves extends Error {
  constructor(
    subject: string,
    readonly leaves: readonly PairRelation[],
  ) {
    super(`${subject}: ${leaves.map(({ schema, name }) => `${schema}.${name}`).join(", ")} came meanwhile`);
    this.name = "BareLeaves";
  }
}

/** Thrown if the pair is not what it was when the capture was installed. Nothing was changed by this step. */
export class PairChanged extends Error {
  constructor(
    subject: string,
    /** `moved`: the rows are in another file. `broken`: changes may have been missed. */
    readonly standing: "moved" | "broken",
  ) {
    super(
      standing === "moved"
        ? `${subject}: the table was written anew (VACUUM FULL, CLUSTER), so its rows are in other places`
        : `${subject}: the table, the copy or the triggers that capture its changes were altered meanwhile, so changes may have been missed`,
    );
    this.name = "PairChanged";
  }
}

/**
 * Plans that follow from the statements alone: keys are few, both sides have an index on them, and statistics of a table of pending
 * keys are wrong most of the time.
 */
export const BY_KEY = { enable_hashjoin: "off", enable_mergejoin: "off", enable_seqscan: "off", jit: "off" };

/** A step that a crash of the server undoes is done again: the journal is in the same transaction. */
export const NOT_WAITING = { synchronous_commit: "off" };

/**
 * Runs one step in a transaction whose snapshot is taken after both sides were locked, the source first. ACCESS SHARE on the source: no
 * ALTER that makes it look empty to this snapshot, and no TRUNCATE, comes between. SHARE UPDATE EXCLUSIVE on the target: no step of
 * another process is under way, so that none has an older snapshot. Rows that a policy would hide are an error, never left out.
 */
export function inPairTransaction<T>(
  { database, pair, marks, signal, subject, passes }: PairWork,
  {
    begin,
    byPlace = false,
  }: { readonly begin: Begin; /** Rows are read by their places in the file. */ readonly byPlace?: boolean },
  body: (session: Session) => Promise<T>,
): Promise<T> {
  const passing = passes === undefined ? {} : { [FOLLOWS]: passes };
  const settings = { ...WHOLE_TABLE, ...BY_KEY, ...NOT_WAITING, ...passing };
  const frame = { begin, settings, within: true, left: "nothing was changed by this step" };
  return database.copy({ signal, subject }, frame, async (session) => {
    const [, , rows] = await Promise.all([
      session.query(`lock table ${quoteRelationOf(pair.source)} in access share mode`),
      session.query(`lock table only ${quoteRelationOf(pair.target)} in share update exclusive mode`),
      session.query(markQuery(pair)),
    ]);
    const standing = compareMarks(marks, toMark(rows[0]));
    if (standing === "broken" || (standing === "moved" && byPlace)) throw new PairChanged(subject, standing);
    const bare = readBare(rows[0]);
    if (bare.length > 0) throw new BareLeaves(subject, bare);
    return body(session);
  });
}

/** Reads the marks of a pair, outside of any step. */
export async function readMarks(database: Database, pair: Pair): Promise<PairMark> {
  return toMark((await database.read(markQuery(pair)))[0]);
}

export function readBare(row: Row = {}): PairRelation[] {
  const found = row["bare"] as readonly (readonly [string, string])[] | null | undefined;
  return (found ?? []).map(([schema, name]) => ({ schema, name }));
}

export function toMark(row: Row = {}): PairMark {
  const text = (name: string): string => String(row[name] ?? "");
  return { mark: text("mark"), files: text("files"), columns: text("columns") };
}
