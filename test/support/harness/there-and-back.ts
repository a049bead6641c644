// A table that changes between plain and partitioned while clients write to it, and what has to be true of every such run.
import { expect } from "vitest";
import type { TestDatabase } from "../database";
import type { Program } from "./declare";
import type { Deployment } from "./deployment";
import { LOAD_PATIENCE_MS, UNWRITTEN } from "./load-size";
import { up } from "./rounds";
import { PATIENT } from "./under-load";
import { until } from "./until";
import { startWrites } from "./write-ledger";

/** What an update makes of the table: `p` partitioned, `r` plain. */
type Step = readonly [program: Program, kind: "p" | "r"];

/** Runs updates one after the other while clients go on between them; no write may be lost or doubled, and no other row may change. */
export async function convertWhileWritten(
  database: TestDatabase,
  deployment: Deployment,
  steps: readonly Step[],
): Promise<void> {
  const before = await database.query(UNWRITTEN);
  const ledger = startWrites(database);
  const more = async () => {
    const then = ledger.acknowledged;
    await until(() => ledger.acknowledged > then + 50, LOAD_PATIENCE_MS);
  };
  try {
    for (const [program, kind] of steps) {
      await more();
      expect((await up(database, deployment, program, { config: PATIENT })).error).toBeUndefined();
      expect(await database.query("select relkind as kind from pg_class where oid = 'app.events'::regclass")).toEqual([
        { kind },
      ]);
    }
    await more();
  } finally {
    await ledger.stop();
  }
  await expectNoneLost(ledger);
  expect(await database.query(UNWRITTEN)).toEqual(before);
}

/** Expects no refused write but for conflicts of its level of isolation, and every acknowledged one once. The clients have stopped. */
export async function expectNoneLost(ledger: ReturnType<typeof startWrites>): Promise<void> {
  const { "40001": conflicts = 0, ...failed } = ledger.refused;
  expect(failed).toEqual({});
  expect(conflicts).toBeLessThan(ledger.acknowledged);
  expect(await ledger.violations()).toEqual([]);
}
