// What happens while a way back is opened, and what begins and ends it.
import { beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { conversionProgram, NO_TABLE, SMALL_TABLE } from "../support/convertible-table";
import { anyVersion, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { describeAll } from "../support/harness/describe-all";
import { preview, up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { withDeployment } from "../support/harness/with-deployment";

const copied = (changes: Partial<TableSpecArgs["convertFrom"]> = {}) =>
  conversionProgram({ convertFrom: { strategy: "copy", ...changes } });
const OPEN = { openWayBack: true, rollbackUntil: "2025-04-20", formerName: "events_plain" } as const;
const opening = copied(OPEN);
const back = copied({ ...OPEN, until: "verify" });
/** Every partition but one that is empty is copied after this point. */
const COPIED = "after copying blocks of app.events";

const { tables, ...clock } = conversionProgram();
const { convertFrom: _left, ...converted } = tables["events"] ?? {};
const withoutConversion = { ...clock, tables: { events: converted } } as Program;

describe.each(anyVersion())("PostgreSQL %s, a way back that is opened", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(SMALL_TABLE);
    expect((await up(database, deployment, copied())).error).toBeUndefined();
    await database.query("drop table app.events_legacy");
  });

  const last = async () => {
    const [row] = await database.query<{ phase: string; why: string | null }>(
      "select phase, detail #>> '{back,closed}' as why from pgpartition.conversions order by id desc limit 1",
    );
    return row;
  };
  const digest = () =>
    database.query(
      "select count(*)::int as rows, md5(string_agg(to_jsonb(e)::text, '|' order by at, id)) from app.events e",
    );
  const kind = async () => {
    const [row] = await database.query<{ kind: string }>(
      "select relkind as kind from pg_class where oid = 'app.events'::regclass",
    );
    return row?.kind;
  };
  const primaryKey = async () => {
    const [row] = await database.query<{ key: string }>(
      "select pg_get_constraintdef(oid) as key from pg_constraint where conname = 'events_pkey'",
    );
    return row?.key;
  };

  /** Opens it, with SQL of another session at a point of that; then takes it back. */
  const openWhile = async (sql: string, point = COPIED): Promise<readonly string[]> => {
    const stop = stopAt(point);
    const run = up(database, deployment, opening, { env: stop.env });
    await stop.reached();
    await database.query(sql);
    stop.goOn();
    const { error, messages } = await run;
    expect(error).toBeUndefined();
    const rows = await digest();
    expect((await up(database, deployment, back)).error).toBeUndefined();
    expect(await kind()).toBe("r");
    expect(await digest()).toEqual(rows);
    return messages;
  };

  it.each([
    [
      "R4 R8 B2 partitions come with rows, are emptied and renamed, and rows move between them",
      `create table app.events_extra (like app.events including all);
       insert into app.events_extra values (5000, '2025-07-05', 'came with it', 1);
       alter table app.events attach partition app.events_extra for values from ('2025-07-01+00') to ('2025-08-01+00');
       truncate app.events_p2025_02;
       alter table app.events_p2025_03 rename to events_march;
       update app.events set at = at + interval '31 days' where id between 10 and 20;
       delete from app.events where id between 30 and 40`,
    ],
    [
      "R4 a partition is written anew",
      "update app.events set note = 'again' where id % 3 = 0; cluster app.events_p2025_01 using events_p2025_01_pkey",
    ],
    ["R8 all of it is emptied", "truncate app.events; insert into app.events values (1, '2025-01-05', 'only', 1)"],
  ])("%s while its rows are copied", async (_, sql) => {
    await openWhile(sql);
    expect(await primaryKey()).toBe("PRIMARY KEY (id)");
  });

  it.each([
    ["before its changes are captured", "before begin open the way back of app.events"],
    ["while its rows are copied", COPIED],
  ])("R13 a column that comes %s lets it begin again, with that", async (_, point) => {
    const messages = await openWhile(
      "alter table app.events add late integer default 7; update app.events set late = id",
      point,
    );
    expect(messages.join("\n")).toContain("app.events_plain is dropped, and begun again");
    expect(await database.query("select count(*)::int as n from app.events where late = id")).toEqual([{ n: 1000 }]);
  });

  it("keeps the wider primary key where two rows have one former key, and says which", async () => {
    const messages = await openWhile("insert into app.events values (17, '2025-03-05', 'second', 1)");
    expect(messages.join("\n")).toMatch(/events_plain keeps the primary key \(id, at\), .*\(id\)=\(17\) is duplicated/);
    expect(await primaryKey()).toBe("PRIMARY KEY (id, at)");
  });

  it("keeps the wider primary key where a foreign key refers to it", async () => {
    await database.query(
      "create table app.refs (id bigint, at timestamptz, constraint refs_fkey foreign key (id, at) references app.events)",
    );
    expect((await preview(database, deployment, opening)).messages.join("\n")).toContain("its primary key is (id, at)");
    await openWhile("insert into app.refs select id, at from app.events limit 5");
    expect(await database.query("select convalidated from pg_constraint where conname = 'refs_fkey'")).toEqual([
      { convalidated: true },
    ]);
  });

  /** An update that an operator has paused ends unfinished, with some rows copied. */
  const openHalf = async (): Promise<void> => {
    const stop = stopAt(COPIED);
    const run = up(database, deployment, opening, { env: stop.env });
    await stop.reached();
    await database.query("update pgpartition.conversions set control = '{\"paused\": true}' where phase = 'copying'");
    stop.goOn();
    const { error, messages } = await run;
    expect(error).toBeUndefined();
    expect(messages.join("\n")).toContain("the way back of table app.events is not open yet: it is paused");
    expect((await preview(database, deployment, back)).error).toMatch(
      /"app\.events" has no way back yet: it is being opened\. Remove until: "verify"/,
    );
  };

  it("is gone on with by the next update", async () => {
    await openHalf();
    await database.query(
      "update app.events set note = 'meanwhile' where id % 5 = 0; update pgpartition.conversions set control = '{}'",
    );
    expect((await preview(database, deployment, opening)).messages.join("\n")).toMatch(
      /a way back of app\.events .* is opened: goes on from [\d,]+ rows copied/,
    );
    const rows = await digest();
    expect((await up(database, deployment, opening)).error).toBeUndefined();
    // Some readers use the plain table already, by a view.
    await database.query("create view app.events_before as select * from app.events_plain");
    expect((await up(database, deployment, back)).error).toBeUndefined();
    expect(await digest()).toEqual(rows);
    expect(await database.query("select count(*)::int as rows from app.events_before")).toEqual([{ rows: 1000 }]);
    expect((await up(database, deployment, opening)).error).toBeUndefined();
    await database.query("insert into app.events values (2000, '2025-03-05', 'since', 1)");
    expect(await database.query("select count(*)::int as rows from app.events_before")).toEqual([{ rows: 1001 }]);
  });

  it.each([
    ["openWayBack", copied(), /is given up: convertFrom\.openWayBack is not declared any more/],
    ["convertFrom", withoutConversion, undefined],
    [
      "its time",
      { ...opening, asOf: "2025-05-01T00:00:00Z" },
      /is given up: convertFrom\.rollbackUntil, .* has passed/,
    ],
  ])("without %s it is given up, and only what it has made goes", async (_, without, told) => {
    const before = await describeAll(database);
    await openHalf();
    const rows = await digest();
    if (told) expect((await preview(database, deployment, without)).messages.join("\n")).toMatch(told);
    expect((await up(database, deployment, without)).error).toBeUndefined();
    const since = /events_p2025_(05|06)/;
    const alike = (lines: readonly string[]) => lines.filter((line) => !since.test(line));
    expect(alike(await describeAll(database))).toEqual(alike(before));
    expect(await database.query("select proname from pg_proc where pronamespace = 'app'::regnamespace")).toEqual([]);
    expect(await digest()).toEqual(rows);
    expect(await last()).toEqual({ phase: "ended", why: null });
  });

  it("goes with a table that is dropped meanwhile, and leaves nothing of the capture", async () => {
    await openHalf();
    await database.query("drop table app.events");
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    expect(
      await database.query(
        "select to_regclass('app.events_plain') as plain, to_regclass('app.events_back') as pending",
      ),
    ).toEqual([{ plain: null, pending: null }]);
    expect(await database.query("select proname from pg_proc where pronamespace = 'app'::regnamespace")).toEqual([]);
    expect(await last()).toEqual({ phase: "ended", why: null });
  });

  it("is never begun by what stays in a program: not by a time alone, and only once for each", async () => {
    const late = copied({ rollbackUntil: "2025-04-20" });
    expect(await preview(database, deployment, late)).toMatchObject({ error: undefined });
    expect((await up(database, deployment, late)).error).toBeUndefined();
    expect(await last()).toEqual({ phase: "ended", why: null });
    expect((await preview(database, deployment, back)).error).toMatch(/"app\.events" has no way back that is open/);
    expect((await up(database, deployment, opening)).error).toBeUndefined();
    expect(await last()).toEqual({ phase: "returnable", why: null });
    await database.query("alter table app.events add late integer");
    expect((await up(database, deployment, opening)).error).toBeUndefined();
    const closed = { phase: "ended", why: expect.stringContaining("altered") as string };
    expect(await last()).toMatchObject(closed);
    const shown = await preview(database, deployment, opening);
    expect(shown.steps).toEqual([]);
    expect(shown.messages.join("\n")).toMatch(/was closed: .*altered.*once rollbackUntil is another time/);
    expect((await up(database, deployment, opening)).error).toBeUndefined();
    expect(await last()).toMatchObject(closed);
    // Its plain table stays, as the former one of a copy does.
    const again = { ...OPEN, rollbackUntil: "2025-04-25" };
    expect((await preview(database, deployment, copied(again))).error).toContain('"app.events_plain" exists already');
    expect((await up(database, deployment, copied({ ...again, formerName: "events_second" }))).error).toBeUndefined();
    expect(await last()).toEqual({ phase: "returnable", why: null });
  });

  it("B2 retirement waits from the update on that opens it, as its preview says", async () => {
    const later = { asOf: "2027-02-15T00:00:00Z" };
    const then = { ...copied({ ...OPEN, rollbackUntil: "2027-04-20" }), ...later };
    const shown = (await preview(database, deployment, then)).messages.join("\n");
    expect(shown).toContain("its conversion keeps a way back until 2027-04-20");
    expect((await up(database, deployment, then)).error).toBeUndefined();
    expect(await database.query("select from app.events_p2025_01 limit 1")).toHaveLength(1);
  });

  it("is refused where the strategy attach is declared again, until it is closed; then its plain table is dropped when declared", async () => {
    expect((await up(database, deployment, opening)).error).toBeUndefined();
    expect((await preview(database, deployment, conversionProgram())).error).toMatch(
      /"app\.events" keeps a way back until .*: another strategy captures its changes/,
    );
    // One that was detached meanwhile has its own trigger still.
    await database.query("alter table app.events detach partition app.events_p2025_02");
    expect((await up(database, deployment, copied())).error).toBeUndefined();
    expect(await database.query("select from pg_trigger where tgname like 'pgpartition_capture%'")).toEqual([]);
    expect(await database.query("select proname from pg_proc where pronamespace = 'app'::regnamespace")).toEqual([]);
    const dropping = copied({ formerName: OPEN.formerName, dropFormerAfter: "2025-03-01" });
    expect((await preview(database, deployment, dropping)).messages.join("\n")).toContain(
      "the former table of app.events, app.events_plain",
    );
    expect((await up(database, deployment, dropping)).error).toBeUndefined();
    expect(await database.query("select to_regclass('app.events_plain') as plain")).toEqual([{ plain: null }]);
  });
});
