import { beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { nothingLeft } from "./support";

const march = "2025-03-10T00:00:00Z";
const bare: Partial<TableSpecArgs> = { indexes: {} };
const cold: Partial<TableSpecArgs> = { ...bare, storage: { cold: { after: "1 day", freeze: true } } };

describe.each(testVersions())("PostgreSQL %s, a partition that is frozen", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    expect((await up(database, deployment, program(march, bare))).error).toBeUndefined();
    await database.query(`
      alter table app.events_p2025_02 alter column note set storage external, set (autovacuum_enabled = false);
      insert into app.events select n, '2025-02-03', repeat('x', 200) from generate_series(1, 20000) n;
      insert into app.events select n, '2025-02-04', repeat('x', 3000) from generate_series(20001, 20400) n;
      delete from app.events where id > 50 and at >= '2025-02-01' and at < '2025-03-01'`);
  });

  const pages = async (): Promise<unknown> =>
    database.query(
      `select pg_relation_size(c.oid) as heap, pg_relation_size(c.reltoastrelid) as toast from pg_class c
       where c.oid = 'app.events_p2025_02'::regclass`,
    );

  it.each([
    ["as it is", ""],
    ["also where its own setting says vacuum_truncate", "alter table app.events_p2025_02 set (vacuum_truncate = true)"],
  ])("keeps its empty pages at the end, %s: giving them back would take ACCESS EXCLUSIVE", async (_, setting) => {
    if (setting !== "") await database.query(setting);
    const before = await pages();
    const shown = await preview(database, deployment, program(march, cold));
    expect(shown.messages.join("\n")).toMatch(
      /VACUUM \(FREEZE, ANALYZE, TRUNCATE false\) "app"."events_p2025_02";  -- partition app.events_p2025_02 SHARE UPDATE EXCLUSIVE/,
    );
    expect((await up(database, deployment, program(march, cold))).error).toBeUndefined();
    expect(await pages()).toEqual(before);
    const [frozen] = await database.query(
      "select reloptions::text as options from pg_class where oid = 'app.events_p2025_02'::regclass",
    );
    expect(frozen?.["options"]).toContain("autovacuum_freeze_min_age=0");
    await nothingLeft(database, deployment, program(march, cold));
    // The pages are there to be given back: the plain form does that.
    await database.query("vacuum app.events_p2025_02");
    expect(await pages()).not.toEqual(before);
  });
});
