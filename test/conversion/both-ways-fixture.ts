// A plain table and its partitioned copy, both written to, and the captures between them.
import { beforeEach, expect } from "vitest";
import { turnSides } from "../../core/conversion/switch/both-ways";
import { captureTarget } from "../../core/conversion/switch/capture-target";
import { captureLeaf } from "../../core/conversion/between/capture";
import { followBoth } from "../../conversion/switch/follow-both";
import { BareLeaves, readMarks } from "../../postgres/conversion/pair-transaction";
import type { BothWork } from "../../postgres/conversion/both-ways/both-transaction";
import { options } from "../postgres/support";
import type { TestDatabase } from "../support/database";
import { expectEqual, pair, pairFixture } from "./pair-fixture";

const LEAVES = [1, 2, 3].map((n) => ({ schema: "app", name: `events_copy_${n}` }));

interface BothFixture {
  readonly work: BothWork;
  /** Rows that both sides had changed otherwise, so far. */
  readonly conflicts: (readonly string[])[];
  /** Makes both sides equal; with the number of changes. */
  follow(): Promise<number>;
  /** Nothing is pending, and every row is the same on both sides. */
  expectEqual(rows: number): Promise<void>;
  pending(): Promise<number>;
  /** The same by sessions of another process. */
  beside(name: string): Promise<BothFixture>;
}

/** 2,000 rows on both sides. */
export function bothFixture(database: TestDatabase, more = ""): () => BothFixture {
  const get = pairFixture(database);
  let fixture: BothFixture | undefined;
  beforeEach(async () => {
    await get().copy();
    await database.query(`
      alter table app.events_copy alter id set default 0;
      ${more}`);
    const [row] = await database.query<{ owner: string }>(
      "select relowner::regrole::text as owner from pg_class where oid = 'app.events'::regclass",
    );
    const said = "keeps both tables current";
    await get().work.database.execute(
      captureTarget(pair, { leaves: LEAVES, said, owner: row?.owner ?? "", role: database.user }).map((statement) => ({
        ...statement,
        transaction: "capture",
      })),
      options(),
    );
    fixture = await makeFixture(await get().again());
  });
  return () => {
    if (!fixture) throw new Error("both sides exist only inside tests");
    return fixture;
  };
}

async function makeFixture(one: ReturnType<ReturnType<typeof pairFixture>>): Promise<BothFixture> {
  const { database, signal, subject } = one.work;
  const back = turnSides(pair);
  const marks = { forth: await readMarks(database, pair), back: await readMarks(database, back) };
  const work: BothWork = { database, both: { pair, identity: ["id"] }, marks, signal, subject };
  const conflicts: (readonly string[])[] = [];
  const mend = async (error: unknown): Promise<boolean> => {
    if (!(error instanceof BareLeaves)) return false;
    await database.execute(
      error.leaves.flatMap((leaf) => captureLeaf(back, leaf)),
      options(),
    );
    return true;
  };
  return {
    work,
    conflicts,
    follow: () =>
      followBoth({
        work,
        mend,
        record: () => ({ text: "select 1", values: [] }),
        tell: (found) => {
          conflicts.push(...found);
        },
      }),
    expectEqual: (rows) => expectEqual(one, rows),
    pending: () => one.pending(),
    beside: async (name) => makeFixture(await one.beside(name)),
  };
}

export function expectConflicts(fixture: BothFixture, ids: readonly number[]): void {
  expect(fixture.conflicts.map(([id]) => Number(id))).toEqual(ids);
}
