// A way back is opened, taken and gone forth again while clients write to the table in every way, at every level of isolation.
import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { anyVersion, withDatabase } from "../support/database";
import { LOAD_PATIENCE_MS, LOAD_ROWS, LOAD_TIMEOUT_MS, UNWRITTEN } from "../support/harness/load-size";
import { preview, up } from "../support/harness/rounds";
import { PATIENT } from "../support/harness/under-load";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";
import { startWrites } from "../support/harness/write-ledger";
import { writtenTable } from "../support/harness/written-table";

const copy = (changes: Partial<TableSpecArgs["convertFrom"]> = {}) =>
  conversionProgram({ convertFrom: { strategy: "copy", ...changes } });
const OPEN = { openWayBack: true, rollbackUntil: "2025-04-20", formerName: "events_plain" } as const;

describe.each(anyVersion())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const kind = async () => {
    const [row] = await database.query<{ kind: string }>(
      "select relkind as kind from pg_class where oid = 'app.events'::regclass",
    );
    return row?.kind;
  };

  it(
    "G01 no acknowledged write is lost or doubled while a way back is opened, taken, and gone forth again, and no statement fails",
    async () => {
      expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
      await database.query(writtenTable(LOAD_ROWS));
      expect((await up(database, deployment, copy())).error).toBeUndefined();
      const before = await database.query(UNWRITTEN);
      const ledger = startWrites(database);
      const more = async () => {
        const then = ledger.acknowledged;
        await until(() => ledger.acknowledged > then + 50, LOAD_PATIENCE_MS);
      };
      try {
        for (const [program, wanted] of [
          [copy(OPEN), "p"],
          [copy({ ...OPEN, until: "verify" }), "r"],
          [copy(OPEN), "p"],
        ] as const) {
          await more();
          expect((await up(database, deployment, program, { config: PATIENT })).error).toBeUndefined();
          expect(await kind()).toBe(wanted);
        }
        await more();
      } finally {
        await ledger.stop();
      }
      const { "40001": conflicts = 0, ...failed } = ledger.refused;
      expect(failed).toEqual({});
      expect(conflicts).toBeLessThan(ledger.acknowledged);
      expect(await ledger.violations()).toEqual([]);
      expect(await database.query(UNWRITTEN)).toEqual(before);
      expect((await preview(database, deployment, copy(OPEN))).error).toBeUndefined();
    },
    LOAD_TIMEOUT_MS,
  );
});
