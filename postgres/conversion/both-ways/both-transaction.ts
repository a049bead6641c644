import { compareMarks, markQuery, type PairMark } from "../../../core/conversion/between/mark";
import { quoteRelationOf } from "../../../core/conversion/between/pair";
import { type BothWays, turnSides } from "../../../core/conversion/switch/both-ways";
import type { Session } from "../../connect/session";
import type { Database } from "../../database";
import { WHOLE_TABLE } from "../../execute/copy-transaction";
import { BareLeaves, BY_KEY, NOT_WAITING, PairChanged, readBare, toMark } from "../pair-transaction";

/** What each direction was when its capture was installed. */
interface BothMarks {
  readonly forth: PairMark;
  readonly back: PairMark;
}

/** Two tables that are kept equal both ways, and what a step of it needs. */
export interface BothWork {
  readonly database: Database;
  readonly both: BothWays;
  readonly marks: BothMarks;
  readonly signal: AbortSignal;
  /** Gerund and object, for errors. */
  readonly subject: string;
}

/** Who else may write meanwhile: every session, or none, so that rows may be replaced. */
export type Beside = "writers" | "none";

/**
 * Longest wait for a lock. Shorter than `deadlock_timeout`: where a session and this one wait for each other's rows, this one lets go,
 * and no statement of the application is ended.
 */
const LOCK_WAIT = "200ms";

/**
 * Runs one step in a transaction whose snapshot is taken after both sides were locked, the plain one first: against ALTER and TRUNCATE
 * of either. The partitioned table itself, which has no rows, is locked against a step of another process.
 */
export function inBothTransaction<T>(
  { database, both: { pair }, marks, signal, subject }: BothWork,
  beside: Beside,
  body: (session: Session) => Promise<T>,
): Promise<T> {
  const settings = { ...WHOLE_TABLE, ...BY_KEY, ...NOT_WAITING, lock_timeout: LOCK_WAIT };
  const begin = "begin isolation level repeatable read" as const;
  const frame = { begin, settings, within: true, left: "nothing was changed by this step" };
  const mode = beside === "writers" ? "access share" : "share row exclusive";
  const back = turnSides(pair);
  return database.copy({ signal, subject }, frame, async (session) => {
    const [, , , forthMark, backMark] = await Promise.all([
      session.query(`lock table ${quoteRelationOf(pair.source)} in ${mode} mode`),
      session.query(`lock table only ${quoteRelationOf(pair.target)} in share update exclusive mode`),
      session.query(`lock table ${quoteRelationOf(pair.target)} in ${mode} mode`),
      session.query(markQuery(pair)),
      session.query(markQuery(back)),
    ]);
    const standings = [compareMarks(marks.forth, toMark(forthMark[0])), compareMarks(marks.back, toMark(backMark[0]))];
    // Rows are found by their keys: another file changes nothing.
    if (standings.includes("broken")) throw new PairChanged(subject, "broken");
    const bare = readBare(backMark[0]);
    if (bare.length > 0) throw new BareLeaves(subject, bare);
    return body(session);
  });
}
