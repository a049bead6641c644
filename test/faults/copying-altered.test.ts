// A plain table is altered while it is copied: what it gets is what the partitioned one has.
import { beforeEach, describe, expect, it } from "vitest";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { anyVersion, withDatabase } from "../support/database";
import { preview, up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { withDeployment } from "../support/harness/with-deployment";

describe.each(anyVersion())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const program = conversionProgram({ convertFrom: { strategy: "copy" } });
  const verifying = conversionProgram({ convertFrom: { strategy: "copy", until: "verify" } });
  const rows = () => database.query("select * from app.events order by id");

  beforeEach(async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(`
      create table app.events (id bigint primary key, at timestamptz not null, note text, amount numeric);
      create index events_note on app.events (note);
      insert into app.events select n, timestamptz '2025-01-01 00:00+00' + n * interval '1 hour', 'note ' || n, n from generate_series(1, 1000) n;`);
  });

  /** Alters the table while an update that converts it stops at the point. Its copy begins again, and has the rows as they are then. */
  const alterAt = async (point: string, sql: string): Promise<void> => {
    const stop = stopAt(point);
    const run = up(database, deployment, program, { env: stop.env });
    await stop.reached();
    await database.query(sql);
    const before = await rows();
    stop.goOn();
    const { error, messages } = await run;
    expect(error).toBeUndefined();
    expect(messages.join("\n")).toContain("changes may have been missed. The copy is dropped, and begun again");
    expect(await rows()).toEqual(before);
  };

  it.each([
    ["before its changes are captured", "before capture app.events #1"],
    ["while its rows are copied", "after copying blocks of app.events"],
  ])("R11 %s", async (_, point) => {
    await alterAt(
      point,
      "alter table app.events add late integer default 7; update app.events set late = id where id % 2 = 0",
    );
    expect(await database.query("select to_regclass('app.events_legacy') is not null as swapped")).toEqual([
      { swapped: true },
    ]);
  });

  it("R11 its triggers are switched off between their installation and the first row: the copy is begun again", async () => {
    await alterAt(
      "after commit capture app.events",
      "alter table app.events disable trigger all; update app.events set note = 'unseen' where id < 10; alter table app.events enable trigger all",
    );
  });

  /** Columns, checks and indexes of the table, as text. */
  const shape = () =>
    database.query<{ line: string }>(`
      select format('column %s not_null=%s default=%s', a.attname, a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) as line
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = 'app.events'::regclass and a.attnum > 0 and not a.attisdropped
      union all
      select format('check %s %s', conname, pg_get_constraintdef(oid)) from pg_constraint
      where conrelid = 'app.events'::regclass and contype = 'c'
      union all
      select format('index %s', replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')) from pg_index
      where indrelid = 'app.events'::regclass and not indisprimary
      order by 1`);
  const altering = `
    alter table app.events add constraint positive check (amount > 0), alter note set default 'none', alter note set not null;
    alter table app.events alter amount drop not null, drop constraint known;
    update app.events set amount = 7000 where id = 5;
    create index events_amount on app.events (amount);
    create unique index events_both on app.events (note, id, at);
    drop index app.events_note;
    create index events_note on app.events (note desc);`;

  it.each([
    ["while it is copied", false],
    ["between its comparison and its swap", true],
  ])(
    "R13 S14 checks, defaults, NOT NULL and indexes that change %s are those of the partitioned table",
    async (_, later) => {
      await database.query(
        "alter table app.events alter amount set not null, add constraint known check (amount < 6000)",
      );
      const stop = later ? undefined : stopAt("after copying blocks of app.events");
      const run = up(database, deployment, later ? verifying : program, stop ? { env: stop.env } : {});
      await (stop?.reached() ?? run);
      await database.query(altering);
      const [before, seen] = [await rows(), await shape()];
      stop?.goOn();
      expect((await run).error).toBeUndefined();
      if (later) expect((await up(database, deployment, program)).error).toBeUndefined();
      expect(await shape()).toEqual(seen);
      expect(await rows()).toEqual(before);
      expect((await preview(database, deployment, program)).steps).toEqual([]);
    },
  );
});
