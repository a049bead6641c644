// The former table of a conversion, and the history of a split: dropped at the declared time, unless something keeps it.
import type { TableSpecArgs } from "../../core/declare/table/args";
import { beforeEach, describe, expect, it } from "vitest";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { planWhole, preview, type Run, up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { withDeployment } from "../support/harness/with-deployment";
import { itAlike, firstOn } from "../support/sample";

const BACKUP = { query: "select max(started_at) from app.backups" };
const AFTER = "2025-03-20T00:00:00Z";
const EARLY = "2025-03-19T23:59:59Z";

describe.each(testVersions())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  const copying = (more: object = {}, table: Partial<TableSpecArgs> = {}, asOf = "2025-03-10T00:00:00Z"): Program => ({
    ...conversionProgram({ convertFrom: { strategy: "copy", dropFormerAfter: AFTER, ...more }, ...table }),
    asOf,
  });
  const due = (table: Partial<TableSpecArgs> = {}, asOf = AFTER): Program => copying({}, table, asOf);

  beforeEach(async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(`
      create table app.backups (started_at timestamptz);
      create table app.other (id bigint primary key);
      create table app.events (id bigint primary key, at timestamptz not null, note text);
      insert into app.events select n, timestamptz '2025-01-01 00:00+00' + n * interval '20 minutes', 'note ' || n from generate_series(1, 1000) n;
      analyze app.events;`);
  });

  const isThere = async (name = "app.events_legacy") =>
    (await database.query<{ found: boolean }>(`select to_regclass('${name}') is not null as found`))[0]?.found;
  const told = ({ messages }: Run) => messages.join("\n");
  const expectDone = async (program: Program) => {
    const shown = await preview(database, deployment, program);
    expect(shown.steps).toEqual([]);
    expect(told(shown)).not.toMatch(/former/);
  };
  const expectKept = async (program: Program, reason: string | RegExp, name = "app.events_legacy") => {
    const shown = await preview(database, deployment, program);
    expect(shown.steps.filter(({ type }) => type.endsWith(":Conversion"))).toEqual([]);
    expect(told(shown)).toMatch(reason);
    const run = await up(database, deployment, program);
    expect(run.error).toBeUndefined();
    expect(told(run)).toMatch(reason);
    expect(await isThere(name)).toBe(true);
  };

  it.each(firstOn(version, ["copy", "offline"]))(
    "of %s is kept until its time, told before, and then dropped as preview shows it, once",
    async (strategy) => {
      const due = () => copying({ strategy }, {}, AFTER);
      expect((await up(database, deployment, copying({ strategy }))).error).toBeUndefined();
      const early = copying({ strategy }, {}, EARLY);
      await expectKept(
        early,
        /the former table of app\.events, app\.events_legacy \(about 1,000 rows, \d+ kB\), is kept until 2025-03-20T00:00:00Z \(convertFrom\.dropFormerAfter\), and then dropped/,
      );
      const shown = await preview(database, deployment, due());
      expect(told(shown)).toMatch(
        /app\.events_legacy \(about 1,000 rows, \d+ kB\), kept until 2025-03-20T00:00:00Z, is dropped for good; the rows of app\.events stay\n.*LOCK TABLE "app"."events_legacy" IN ACCESS EXCLUSIVE MODE/s,
      );
      const whole = await planWhole(database, deployment, due());
      expect(whole).toMatch(/DROP TABLE "app"\."events_legacy"/);
      const run = await up(database, deployment, due());
      expect(run.error).toBeUndefined();
      expect(told(run)).toContain("the former table app.events_legacy is dropped, with its rows");
      expect(await isThere()).toBe(false);
      expect(await database.query("select count(*)::int as n from app.events")).toEqual([{ n: 1000 }]);
      await expectDone(due());
      const [journal] = await database.query(
        "select detail -> 'formerTable' ->> 'dropped' as dropped from pgpartition.conversions",
      );
      expect(journal).toEqual({ dropped: AFTER });
    },
  );

  itAlike(version)(
    "is no error once it was dropped by hand, and stays where the drop, or convertFrom, leaves the program",
    async () => {
      expect((await up(database, deployment, copying())).error).toBeUndefined();
      const never = { ...copying({ dropFormerAfter: undefined }), asOf: AFTER };
      expect((await up(database, deployment, never)).error).toBeUndefined();
      await expectDone(never);
      expect(await isThere()).toBe(true);
      const journal = () =>
        database.query("select detail -> 'formerTable' -> 'dropAfter' as after from pgpartition.conversions");
      expect(await journal()).toEqual([{ after: null }]);
      // Declared later, for a time that is to come, it is only written down.
      const later = { ...copying({ dropFormerAfter: "2025-05-01" }), asOf: AFTER };
      expect((await up(database, deployment, later)).error).toBeUndefined();
      expect(await journal()).toEqual([{ after: "2025-05-01T00:00:00Z" }]);
      const { convertFrom: _, ...table } = due().tables["events"] ?? {};
      const without: Program = { tables: { events: table as TableSpecArgs }, asOf: "2025-05-02T00:00:00Z" };
      expect((await up(database, deployment, without)).error).toBeUndefined();
      expect(await isThere()).toBe(true);
      expect(await journal()).toEqual([{ after: null }]);
      await database.query("drop table app.events_legacy; create table app.events_legacy (id bigint)");
      const again = { ...later, asOf: "2025-05-02T00:00:00Z" };
      expect((await up(database, deployment, again)).error).toBeUndefined();
      // Another table has its name.
      expect(await isThere()).toBe(true);
      await expectDone(again);
    },
  );

  itAlike(version)("is kept, with the reason, by each guard, and dropped once none is left", async () => {
    const required = { requireBackupSince: BACKUP };
    await database.query("insert into app.backups values ('2025-03-09 23:00+00')");
    expect((await up(database, deployment, copying({}, required))).error).toBeUndefined();
    await expectKept(
      due({ ...required, holds: [{ from: "2024-01-01", to: "2024-02-01", reason: "case 1" }] }),
      /is kept: held: case 1/,
    );
    await database.query("create view app.seen as select id from app.events_legacy");
    await database.query("create table app.refers (id bigint references app.events_legacy)");
    await database.query(
      "create function app.total() returns bigint language sql begin atomic select count(*) from app.events_legacy; end",
    );
    await expectKept(
      due(required),
      /is kept: the last backup is of 2025-03-09T23:00:00Z, before the swap \(requireBackupSince\)/,
    );
    await database.query("insert into app.backups values ('2025-03-11 00:00+00')");
    await expectKept(
      due(required),
      /is kept: .*view app\.seen.* DROP FUNCTION app\.total\(\).*the next update drops it/,
    );
    await database.query("drop view app.seen; drop function app.total(); drop table app.refers");
    await database.query("alter table app.events_legacy rename to mine");
    await expectKept(due(required), /is kept: it was called events_legacy/, "app.mine");
    await database.query(
      "alter table app.mine rename to events_legacy; create table app.parent (id bigint, at timestamptz, note text)",
    );
    await database.query(
      "alter table app.parent alter id set not null, alter at set not null; alter table app.events_legacy inherit app.parent",
    );
    await expectKept(due(required), /is kept: it is a partition or a child of app\.parent/);
    await database.query("alter table app.events_legacy no inherit app.parent");
    await expectKept(
      due({ ...required, paused: true }),
      /is kept: retirement is paused \(paused: true in the program\)/,
    );
    await expectKept(
      due({ ...required, allowRetireBetween: { from: "22:00", to: "05:00" } }, "2025-03-20T12:00:00Z"),
      /is kept: is retired only from 22:00 to 05:00/,
    );
    expect((await up(database, deployment, due(required))).error).toBeUndefined();
    expect(await isThere()).toBe(false);
  });

  itAlike(version)(
    "is kept for good once its trigger was off, also if it is on again: it may have rows that the table lacks",
    async () => {
      expect((await up(database, deployment, copying())).error).toBeUndefined();
      for (const ddl of [
        "alter table app.events_legacy disable trigger pgpartition_former",
        "alter table app.events_legacy enable always trigger pgpartition_former",
        "drop trigger pgpartition_former on app.events_legacy",
      ]) {
        await database.query(ddl);
        await expectKept(
          due(),
          /is kept: the trigger that refuses writes to it was switched off or dropped since the swap/,
        );
      }
    },
  );

  itAlike(version)("is kept while its way back is open, and by the update that closes it", async () => {
    const back = { rollbackUntil: "2025-03-15" };
    expect((await up(database, deployment, copying(back))).error).toBeUndefined();
    await expectKept(copying(back), /is kept: its way back is open until 2025-03-15T00:00:00Z/);
    const closing = copying(back, {}, AFTER);
    expect(told(await preview(database, deployment, closing))).toContain("and is closed first");
    expect((await up(database, deployment, closing)).error).toBeUndefined();
    expect(await isThere()).toBe(true);
    expect((await up(database, deployment, closing)).error).toBeUndefined();
    expect(await isThere()).toBe(false);
    await expectDone(closing);
  });

  itAlike(version)(
    "is not dropped for what comes between the reading and the lock: opened for writes, or needed",
    async () => {
      expect((await up(database, deployment, copying())).error).toBeUndefined();
      for (const [ddl, undo, reason] of [
        [
          "create view app.seen as select id from app.events_legacy",
          "drop view app.seen",
          "view app.seen depends on it",
        ],
        ["alter table app.events_legacy disable trigger pgpartition_former", "select 1", "was opened for writes"],
      ] as const) {
        const stop = stopAt("before begin drop app.events_legacy");
        const run = up(database, deployment, due(), { env: stop.env });
        await stop.reached();
        await database.query(ddl);
        stop.goOn();
        const { error, ...rest } = await run;
        expect(error).toBeUndefined();
        expect(told({ error, ...rest } as Run)).toContain(reason);
        expect(await isThere()).toBe(true);
        await database.query(undo);
      }
    },
  );

  itAlike(version)("is the history too, once it is split", async () => {
    const history = { historyUntil: "2025-04-01" };
    const splitting = (asOf: string, more: object = {}): Program => ({
      ...conversionProgram({ convertFrom: { ...history, split: true, dropFormerAfter: AFTER, ...more } }),
      asOf,
    });
    expect((await up(database, deployment, conversionProgram({ convertFrom: history }))).error).toBeUndefined();
    // Its time has come, but not its split: the next update drops it.
    expect((await up(database, deployment, splitting(AFTER))).error).toBeUndefined();
    expect(await isThere("app.events_history")).toBe(true);
    const early = await preview(database, deployment, splitting(EARLY));
    expect(told(early)).toMatch(/the former history of app\.events, app\.events_history .* is kept until 2025-03-20/);
    const shown = await preview(database, deployment, splitting(AFTER));
    expect(told(shown)).toContain("kept until 2025-03-20T00:00:00Z, is dropped for good");
    expect((await up(database, deployment, splitting(AFTER))).error).toBeUndefined();
    expect(await isThere("app.events_history")).toBe(false);
    expect(await database.query("select count(*)::int as n from app.events")).toEqual([{ n: 1000 }]);
    await expectDone(splitting(AFTER));
  });
});
