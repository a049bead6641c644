// The capture of a conversion runs in the transactions of the application: it can be switched off, whatever state it is in.
import { describe, expect, it } from "vitest";
import { onDatabase } from "../cli/support";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import { up } from "../support/harness/rounds";
import { PATIENT } from "../support/harness/under-load";
import { until } from "../support/harness/until";
import { allowedMs, waitsDuring } from "../support/harness/waits";
import { withDeployment } from "../support/harness/with-deployment";
import { expectNoneLost } from "../support/harness/there-and-back";
import { startWrites } from "../support/harness/write-ledger";
import { WRITTEN_TABLE } from "../support/harness/written-table";
import { firstOn } from "../support/sample";

describe.each(testVersions())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const verifying = conversionProgram({ convertFrom: { strategy: "copy", until: "verify" } });
  const giveUp = () => onDatabase(database, "convert", "give-up", "app.events", "--yes");
  const capture = () =>
    database.query(
      "select tgname from pg_trigger where tgrelid = 'app.events'::regclass and tgname like 'pgpartition%'",
    );
  const begin = async (): Promise<void> => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(WRITTEN_TABLE);
    expect((await up(database, deployment, verifying, { config: PATIENT })).error).toBeUndefined();
    expect(await capture()).toHaveLength(2);
  };

  it("G08 the capture is switched off while clients write: none fails, none waits longer than one lock time-out, none loses a row", async () => {
    await begin();
    const ledger = startWrites(database);
    try {
      await until(() => ledger.acknowledged > 50);
      const waits = await waitsDuring(database, async () => {
        expect(await giveUp()).toMatchObject({ code: 0 });
      });
      expect(waits.worst?.ms ?? 0).toBeLessThanOrEqual(allowedMs(waits, 100));
      const then = ledger.acknowledged;
      await until(() => ledger.acknowledged > then + 50);
    } finally {
      await ledger.stop();
    }
    await expectNoneLost(ledger);
    expect(await capture()).toEqual([]);
  });

  it.each(
    firstOn(version, [
      ["its keys are gone", "drop table app.events_pending"],
      ["its keys take no more", "alter table app.events_pending add check (false) not valid"],
      [
        "its function fails",
        "create or replace function app.events_pending() returns trigger language plpgsql as $$ begin raise 'broken'; end $$",
      ],
    ]),
  )(
    "G08 a capture that fails every write, because %s, is switched off by give-up, and the writes go on",
    async (_, broken) => {
      await begin();
      await database.query(broken);
      const write = () => database.query("insert into app.events values (1, '2025-03-01', 'new', 1)");
      await expect(write()).rejects.toThrow(/events_pending|broken/);
      expect(await giveUp()).toMatchObject({ code: 0 });
      await write();
      expect(await database.query("select note from app.events where id = 1")).toEqual([{ note: "new" }]);
      expect(await capture()).toEqual([]);
    },
  );
});
