// A table that was partitioned from the beginning, and whose archived rows come back into a plain one.
import { describe, expect, it } from "vitest";
import { anyVersion } from "../support/database";
import { withArchivedTable } from "../support/harness/archived-table";

const MARCH = "2025-03-10T00:00:00Z";
const APRIL = "2025-04-10T00:00:00Z";

describe.each(anyVersion())("PostgreSQL %s, a table with archived partitions", (version) => {
  const { database, succeeded, rowsOfFebruary } = withArchivedTable(version);

  it("is plain with the rows of a partition that was archived, dropped and restored", async () => {
    await succeeded(MARCH);
    await database.query("insert into app.events select n, '2025-02-05', 'x' from generate_series(1, 1000) n");
    await database.query("insert into app.events select n, '2025-04-05', 'y' from generate_series(1, 500) n");
    await succeeded(APRIL);
    expect(await rowsOfFebruary()).toBeUndefined();
    const convertFrom = { strategy: "copy", openWayBack: true, rollbackUntil: "2025-04-20" } as const;
    const restored = ["2025-02"];
    // Opened first, it follows what is restored then.
    await succeeded(APRIL, { convertFrom });
    await succeeded(APRIL, { convertFrom, restored });
    expect(await rowsOfFebruary()).toBe(1000);
    await succeeded(APRIL, { convertFrom: { ...convertFrom, until: "verify" }, restored });
    expect(
      await database.query(
        "select relkind, (select count(*)::int from app.events) as rows from pg_class where oid = 'app.events'::regclass",
      ),
    ).toEqual([{ relkind: "r", rows: 1500 }]);
  });
});
