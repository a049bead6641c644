// A plain table is copied and swapped while clients write to it in every way, at every level of isolation.
import { describe, expect, it } from "vitest";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { anyVersion, withDatabase } from "../support/database";
import { LOAD_PATIENCE_MS, LOAD_ROWS, LOAD_TIMEOUT_MS, UNWRITTEN } from "../support/harness/load-size";
import { preview, up } from "../support/harness/rounds";
import { PATIENT } from "../support/harness/under-load";
import { until } from "../support/harness/until";
import { allowedMs, waitsDuring } from "../support/harness/waits";
import { withDeployment } from "../support/harness/with-deployment";
import { expectNoneLost } from "../support/harness/there-and-back";
import { startWrites } from "../support/harness/write-ledger";
import { writtenTable } from "../support/harness/written-table";

describe.each(anyVersion())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const program = conversionProgram({ convertFrom: { strategy: "copy" } });
  const verifying = conversionProgram({ convertFrom: { strategy: "copy", until: "verify" } });

  it(
    "G01 no acknowledged write is lost or doubled, no statement fails, and none misses its own rows",
    async () => {
      expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
      await database.query(writtenTable(LOAD_ROWS));
      const before = await database.query(UNWRITTEN);
      const ledger = startWrites(database);
      try {
        await until(() => ledger.acknowledged > 50);
        let copied: Awaited<ReturnType<typeof up>> | undefined;
        const waits = await waitsDuring(database, async () => {
          copied = await up(database, deployment, verifying, { config: PATIENT });
        });
        expect(copied?.error).toBeUndefined();
        expect(waits.worst?.ms ?? 0).toBeLessThanOrEqual(allowedMs(waits, 100));
        const swapped = await up(database, deployment, program, { config: PATIENT });
        expect(swapped.error).toBeUndefined();
        const then = ledger.acknowledged;
        await until(() => ledger.acknowledged > then + 50, LOAD_PATIENCE_MS);
      } finally {
        await ledger.stop();
      }
      await expectNoneLost(ledger);
      expect(await database.query("select relkind from pg_class where oid = 'app.events'::regclass")).toEqual([
        { relkind: "p" },
      ]);
      expect(await database.query(UNWRITTEN)).toEqual(before);
      expect((await preview(database, deployment, program)).steps).toEqual([]);
    },
    LOAD_TIMEOUT_MS,
  );
});
