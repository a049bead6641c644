import { expect, it } from "vitest";
import { ownRole, withDatabase } from "../support/database";
import { left, program } from "../support/harness/fixture";
import type { InsertLedger } from "../support/harness/insert-ledger";
import type { Plugin } from "../support/harness/plugin";
import { preview, up } from "../support/harness/rounds";
import { commitWhenNamed, type Loaded, PATIENT, underLoad } from "../support/harness/under-load";
import { allowedMs } from "../support/harness/waits";
import { withDeployment } from "../support/harness/with-deployment";

const database = withDatabase();
const deployment = withDeployment(database);

const lockTimeoutMs = 100;
const rolling = { lead: "1 month", retention: "1 month" } as const;
const keeping = { lead: "1 month", retention: "forever", start: "2025-02-01" } as const;
const times = ["2025-02-14T00:00:00Z", "2025-03-14T00:00:00Z", "2025-04-14T00:00:00Z"];
async function expectHarmless({ waits, ledger }: Loaded): Promise<void> {
  expect(waits.samples).toBeGreaterThan(10);
  expect(waits.worst?.ms ?? 0).toBeLessThanOrEqual(allowedMs(waits, lockTimeoutMs));
  expect(ledger.acknowledged).toBeGreaterThan(20);
  expect(await ledger.violations()).toEqual([]);
}

it("C01 a reader is open on the table for the whole run: partitions are created without waiting for it", async () => {
  await up(database, deployment, program("2025-03-10T00:00:00Z", { window: keeping }));
  const reader = await database.connect({ application_name: "old reader" });
  await reader.query("begin; select count(*) from app.events");
  const grown = program("2025-06-10T00:00:00Z", { window: keeping });
  const loaded = await underLoad(database, times, () => up(database, deployment, grown));
  await reader.query("commit");
  await reader.end();
  expect(loaded.run.error).toBeUndefined();
  await expectHarmless(loaded);
  expect((await preview(database, deployment, grown)).steps).toEqual([]);
});

it("C02 a reader is in the way of a detach: the run waits without stopping any session, names it, then continues", async () => {
  await up(database, deployment, program("2025-03-10T00:00:00Z", { window: rolling }));
  const reader = await oldReader("app.events");
  const april = program("2025-04-10T00:00:00Z", { window: rolling });
  const loaded = await underLoad(database, times, (ledger) =>
    up(database, deployment, april, { started: (plugin) => reader.endWhenNamed(plugin, ledger), config: PATIENT }),
  );
  await reader.ended();
  expect(loaded.run.error).toBeUndefined();
  expect(loaded.run.messages.join("\n")).toMatch(/waiting for pid \d+ \("old reader"/);
  await expectHarmless(loaded);
  expect((await left(database)).orphans).toEqual([]);
});

it("C02 a reader holds the detached table: the drop is tried again until it has gone", async () => {
  await up(database, deployment, program("2025-03-10T00:00:00Z", { window: rolling }));
  await up(database, deployment, program("2025-04-10T00:00:00Z", { window: rolling }));
  const reader = await oldReader("app.events_p2025_02");
  const later = program("2025-04-20T00:00:00Z", { window: rolling });
  const loaded = await underLoad(database, times, (ledger) =>
    up(database, deployment, later, { started: (plugin) => reader.endWhenNamed(plugin, ledger), config: PATIENT }),
  );
  await reader.ended();
  expect(loaded.run.error).toBeUndefined();
  expect(loaded.run.messages.join("\n")).toMatch(/waiting for pid \d+ \("old reader".*attempt/);
  expect(loaded.waits.worst?.ms ?? 0).toBeLessThanOrEqual(allowedMs(loaded.waits, lockTimeoutMs));
  expect((await left(database)).dump).not.toContain("relation app.events_p2025_02");
});

it("C03 a reader never ends: the run fails at its deadline, names it, has done the rest, and leaves nothing queued", async () => {
  await up(database, deployment, program("2025-03-10T00:00:00Z", { window: rolling }));
  const reader = await database.connect({ application_name: "endless reader", ...ownRole(database) });
  await reader.query("begin; select count(*) from app.events");
  const april = program("2025-04-10T00:00:00Z", { window: rolling });
  const config = { lockBudgetMs: "1500" };
  const loaded = await underLoad(database, times, () => up(database, deployment, april, { config }));
  expect(loaded.run.error).toMatch(/for pid \d+ \("endless reader", idle in transaction, transaction \d+ s old/);
  await expectHarmless(loaded);
  const { dump, orphans } = await left(database);
  expect(orphans).toEqual([]);
  expect(dump).toContain("relation app.events_p2025_05");
  expect(dump).toMatch(/relation app.events_p2025_02 .* parent=app.events/);
  const again = await up(database, deployment, april, { config });
  expect(again.error).toContain("endless reader");
  await reader.query("rollback");
  await reader.end();
  expect((await up(database, deployment, april)).error).toBeUndefined();
  expect((await preview(database, deployment, april)).steps).toEqual([]);
});

/** A transaction that has read; it ends when a message of the plugin has named it and clients have inserted on. */
async function oldReader(table: string) {
  const client = await database.connect({ application_name: "old reader" });
  await client.query(`begin; select count(*) from ${table}`);
  let ending = Promise.resolve();
  return {
    endWhenNamed: (plugin: Plugin, ledger: InsertLedger): void =>
      void (ending = commitWhenNamed(client, "old reader", plugin, ledger)),
    ended: async (): Promise<void> => {
      await ending;
      await client.end();
    },
  };
}
