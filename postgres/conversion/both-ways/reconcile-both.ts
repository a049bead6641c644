import { bothWaysTexts } from "../../../core/conversion/switch/both-ways-text";
import { faultpoint } from "../../connect/faultpoint";
import type { Row, Session } from "../../connect/session";
import { readCount, type Recorded } from "../copy-blocks";
import { ALL_CHANGES, explainDifference, joinWhole, RowsDiffer } from "../reconcile";
import { type Beside, type BothWork, inBothTransaction } from "./both-transaction";

/** What one step did. */
export interface BothReconciled {
  /** Changes that were taken, of both sides. 0: none was to be seen. */
  readonly changes: number;
  /** Keys of rows that both sides had changed otherwise: the later change has won. */
  readonly conflicts: readonly (readonly string[])[];
}

/** Rows that one step takes beside writers: who waits for one of them waits for the whole step. */
export const MAX_ROWS = 500;

type Texts = ReturnType<typeof bothWaysTexts>;
type Direction = "forth" | "back";

/**
 * Takes what changed on both sides, up to a number of rows, applies to each what has changed on the other, proves that both are equal
 * there, and forgets the changes; all by one snapshot. A row that another session changed since is a failure of serialization, and
 * nothing was done: the next snapshot sees both changes.
 *
 * Rows are changed in place, because a session that waits for one of them would be told that a deleted one is gone, and its own write
 * would be lost without an error.
 */
export function reconcileBothWays(
  work: BothWork,
  beside: Beside,
  record: (changes: number, conflicts: number) => Recorded,
): Promise<BothReconciled> {
  const texts = bothWaysTexts(work.both);
  const limit = beside === "writers" ? String(MAX_ROWS) : ALL_CHANGES;
  return inBothTransaction(work, beside, async (session) => {
    const [found = {}] = await session.query(texts.take, [limit]);
    const last = found["last"];
    if (typeof last !== "string") return { changes: 0, conflicts: [] };
    const changes = readCount(found, "changes") + (await followEmptied(session, texts, found));
    const conflicts = await session.query(texts.conflicts, [String(found["twice"])]);
    await faultpoint("before the changes are applied");
    for (const direction of ["forth", "back"] as const) await apply(session, texts, direction, { found, beside, work });
    const { text, values } = record(changes, conflicts.length);
    await Promise.all([
      session.query(texts.consume, [String(found["forth"])]),
      session.query(texts.consume, [String(found["back"])]),
      session.query(texts.forgetOwn, [last]),
      session.query(text, values),
    ]);
    await faultpoint("before the changes are committed");
    return { changes, conflicts: conflicts.map(({ key }) => (key as readonly unknown[]).map(String)) };
  });
}

async function apply(
  session: Session,
  texts: Texts,
  direction: Direction,
  { found, beside, work }: { readonly found: Row; readonly beside: Beside; readonly work: BothWork },
): Promise<void> {
  const numbers = [String(found[direction])];
  if (numbers[0] === "{}") return;
  const statements = texts[direction][beside === "writers" ? "apply" : "replace"];
  const answers = await Promise.all(
    [...statements, texts[direction].prove].map((statement) => session.query(statement, numbers)),
  );
  const differs = explainDifference(answers.at(-1)?.[0]);
  if (differs !== undefined)
    throw new RowsDiffer(work.subject, `rows that were just made equal on both sides are not (${differs})`);
}

/** In the order in which the tables were emptied. Returns their number. */
async function followEmptied(session: Session, texts: Texts, found: Row): Promise<number> {
  const emptied = (["forth", "back"] as const)
    .map((direction) => ({ direction, change: found[direction === "forth" ? "source_emptied" : "target_emptied"] }))
    .filter((one): one is { direction: Direction; change: string } => typeof one.change === "string")
    .sort((one, other) => Number(one.change) - Number(other.change));
  for (const { direction, change } of emptied)
    await joinWhole(session, () => [
      session.query(texts[direction].removeGone, [change]),
      session.query(texts.forgetEmptied, [change]),
    ]);
  return emptied.length;
}
