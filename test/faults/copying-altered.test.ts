// A column comes to a plain table while it is copied: its values are copied too.
import { beforeEach, describe, expect, it } from "vitest";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { anyVersion, withDatabase } from "../support/database";
import { up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { withDeployment } from "../support/harness/with-deployment";

describe.each(anyVersion())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(`
      create table app.events (id bigint primary key, at timestamptz not null, note text);
      insert into app.events select n, timestamptz '2025-01-01 00:00+00' + n * interval '1 hour', 'note ' || n from generate_series(1, 1000) n;`);
  });

  it.each([
    ["before its changes are captured", "before capture app.events #1"],
    ["while its rows are copied", "after copying blocks of app.events"],
  ])("R11 %s", async (_, point) => {
    const stop = stopAt(point);
    const run = up(database, deployment, conversionProgram({ convertFrom: { strategy: "copy" } }), { env: stop.env });
    await stop.reached();
    await database.query(
      "alter table app.events add late integer default 7; update app.events set late = id where id % 2 = 0",
    );
    const rows = () => database.query("select * from app.events order by id");
    const before = await rows();
    stop.goOn();
    const { error, messages } = await run;
    expect(error).toBeUndefined();
    expect(messages.join("\n")).toContain("changes may have been missed. The copy is dropped, and begun again");
    expect(await rows()).toEqual(before);
    expect(await database.query("select to_regclass('app.events_legacy') is not null as swapped")).toEqual([
      { swapped: true },
    ]);
  });
});
