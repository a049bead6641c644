import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { withEngine } from "./support";

const events: TableSpecArgs = {
  table: "events",
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "2 months", retention: "1 month" },
  onExpire: "detach",
  publications: ["cdc"],
};
const at = (month: string) => ({ tables: { events }, asOf: `2026-${month}-10T12:00:00Z` });

describe.each(testVersions().slice(-1))("a table that another tool created, on PostgreSQL %i", (version) => {
  const database = withDatabase(version);
  const engine = withEngine(database);
  const states = async (): Promise<string[]> => {
    const rows = await database.query<{ line: string }>(`
      select concat_ws(' ', c.relname, c.relreplident, case when c.relrowsecurity then 'closed' else 'open' end, c.reloptions) as line
      from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'public.events'::regclass order by 1`);
    return rows.map(({ line }) => line);
  };

  test(`${version}: preview of its adoption has no word of what its partitions carry, and changes none`, async () => {
    await database.query(`create table public.events (id bigint not null, at timestamptz not null, v int) partition by range (at);
      alter table public.events enable row level security`);
    for (const month of [4, 5, 6, 7])
      await database.query(`create table public.events_p2026_0${String(month)} partition of public.events
          for values from ('2026-0${String(month)}-01 00:00+00') to ('2026-0${String(month + 1)}-01 00:00+00');
        alter table public.events_p2026_0${String(month)} replica identity full;
        alter table public.events_p2026_0${String(month)} set (fillfactor = 70)`);
    await database.query(
      "create publication cdc for table public.events; insert into public.events values (1, '2026-05-05', 1)",
    );
    engine.declare(at("05"));
    const { stdout } = await engine.pulumi(["preview"]);
    expect(stdout).not.toMatch(/REPLICA IDENTITY|align events|refuses every UPDATE/);
  });

  test(`${version}: its adoption leaves them as they are, and the published table is still written`, async () => {
    const before = await states();
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    expect(await states()).toEqual(before);
    expect(await database.query("update public.events set v = 2 returning v")).toEqual([{ v: 2 }]);
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
  });

  test(`${version}: a month later the new partition is like them`, async () => {
    engine.declare(at("06"));
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    expect((await states()).at(-1)).toBe("events_p2026_08 f open {fillfactor=70}");
    await database.query("insert into public.events values (2, '2026-08-05', 1)");
    expect(await database.query("update public.events set v = 3 where id = 2 returning v")).toEqual([{ v: 3 }]);
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
  });
});
