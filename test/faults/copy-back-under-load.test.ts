// A copy is swapped, kept current, taken back and swapped again while clients write to it in every way, at every level of isolation.
import { describe, expect, it } from "vitest";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import { LOAD_ROWS, LOAD_TIMEOUT_MS } from "../support/harness/load-size";
import { preview, up } from "../support/harness/rounds";
import { convertWhileWritten } from "../support/harness/there-and-back";
import { withDeployment } from "../support/harness/with-deployment";
import { writtenTable } from "../support/harness/written-table";

describe.each(testVersions())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const forth = conversionProgram({ convertFrom: { strategy: "copy", rollbackUntil: "2025-04-20" } });
  const back = conversionProgram({ convertFrom: { strategy: "copy", rollbackUntil: "2025-04-20", until: "verify" } });
  it(
    "G01 no acknowledged write is lost or doubled by the way back or by the swap after it, and no statement fails",
    async () => {
      expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
      await database.query(writtenTable(LOAD_ROWS));
      await convertWhileWritten(database, deployment, [
        [forth, "p"],
        [back, "r"],
        [forth, "p"],
      ]);
      expect((await preview(database, deployment, forth)).error).toBeUndefined();
    },
    LOAD_TIMEOUT_MS,
  );
});
