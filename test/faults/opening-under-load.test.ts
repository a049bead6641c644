// A way back is opened, taken and gone forth again while clients write to the table in every way, at every level of isolation.
import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { anyVersion, withDatabase } from "../support/database";
import { LOAD_ROWS, LOAD_TIMEOUT_MS } from "../support/harness/load-size";
import { preview, up } from "../support/harness/rounds";
import { convertWhileWritten } from "../support/harness/there-and-back";
import { withDeployment } from "../support/harness/with-deployment";
import { writtenTable } from "../support/harness/written-table";

const copy = (changes: Partial<TableSpecArgs["convertFrom"]> = {}) =>
  conversionProgram({ convertFrom: { strategy: "copy", ...changes } });
const OPEN = { openWayBack: true, rollbackUntil: "2025-04-20", formerName: "events_plain" } as const;

describe.each(anyVersion())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  it(
    "G01 no acknowledged write is lost or doubled while a way back is opened, taken, and gone forth again, and no statement fails",
    async () => {
      expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
      await database.query(writtenTable(LOAD_ROWS));
      expect((await up(database, deployment, copy())).error).toBeUndefined();
      await convertWhileWritten(database, deployment, [
        [copy(OPEN), "p"],
        [copy({ ...OPEN, until: "verify" }), "r"],
        [copy(OPEN), "p"],
      ]);
      expect((await preview(database, deployment, copy(OPEN))).error).toBeUndefined();
    },
    LOAD_TIMEOUT_MS,
  );
});
