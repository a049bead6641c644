// A run while clients insert: how long they were stopped for it, what they inserted, and a session in its way that ends in time.
import type { Client } from "pg";
import type { PropertyMap } from "../../../provider/runtime/values";
import type { TestDatabase } from "../database";
import { type InsertLedger, startInserts } from "./insert-ledger";
import type { Plugin } from "./plugin";
import type { Run } from "./rounds";
import { until } from "./until";
import { type WaitReport, waitsDuring } from "./waits";

export interface Loaded {
  readonly run: Run;
  readonly waits: WaitReport;
  readonly ledger: InsertLedger;
}

/** Four clients insert into `app.events` at these times until the run has ended. */
export async function underLoad(
  database: TestDatabase,
  times: readonly string[],
  run: (ledger: InsertLedger) => Promise<Run>,
): Promise<Loaded> {
  const ledger = startInserts(database, { schema: "app", table: "events", times, clients: 4 });
  try {
    let result: Run | undefined;
    const waits = await waitsDuring(database, async () => {
      result = await run(ledger);
    });
    if (result === undefined) throw new Error("the run has no result");
    return { run: result, waits, ledger };
  } finally {
    await ledger.stop();
  }
}

/** For the run that waits: that it gives up must not depend on how fast clients insert meanwhile. */
export const PATIENT: PropertyMap = { lockBudgetMs: "60000" };

/** Several rounds of all clients: between two attempts at a lock they go on, while one waits they may have to stop. */
const INSERTS = 50;

/**
 * Commits the transaction of `client` when a message has named its session and the clients have inserted on while it was waited
 * for. Counted in inserts, not in time: a slow machine waits longer for the same.
 */
export async function commitWhenNamed(
  client: Client,
  name: string,
  plugin: Plugin,
  ledger: Pick<InsertLedger, "acknowledged">,
): Promise<void> {
  await until(() => plugin.messages.some((message) => message.includes(`"${name}"`)), 30_000);
  const before = ledger.acknowledged;
  await until(() => ledger.acknowledged >= before + INSERTS, 30_000);
  await client.query("commit");
}
