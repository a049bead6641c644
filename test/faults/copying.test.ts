// A plain table whose rows are copied: beside sessions that use it, that alter it, or that are in the way.
import type { Client } from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { failureOf } from "../postgres/support";
import { testVersions, withDatabase } from "../support/database";
import { left } from "../support/harness/fixture";
import { preview, type Run, up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { until } from "../support/harness/until";
import { withPrepared } from "../support/harness/with-deployment";
import { itAlike } from "../support/sample";

const COPIED = "after copying blocks of app.events";

describe.each(testVersions())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const program = conversionProgram({ convertFrom: { strategy: "copy" } });
  const verifying = conversionProgram({ convertFrom: { strategy: "copy", until: "verify" } });
  const clients: Client[] = [];
  const connect = async (name: string): Promise<Client> => {
    const client = await database.connect({ application_name: name });
    clients.push(client);
    return client;
  };

  const deployment = withPrepared(database, async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(`
      create table app.events (id bigint primary key, at timestamptz not null, note text, amount numeric);
      create index events_note on app.events (note);
      insert into app.events select n, timestamptz '2025-01-01 00:00+00' + n * interval '20 minutes', 'note ' || n, n / 10.0 from generate_series(1, 5000) n;`);
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end()));
  });

  const rows = () => database.query("select id, at, note, amount::text from app.events order by id");
  const kind = async () => {
    const [row] = await database.query<{ kind: string }>(
      "select relkind as kind from pg_class where oid = 'app.events'::regclass",
    );
    return row?.kind;
  };
  const isWaitingForSnapshots = async () => {
    const found = await database.query(
      "select from pg_locks where not granted and locktype = 'virtualxid' and pid in (select pid from pg_stat_activity where datname = current_database())",
    );
    return found.length > 0;
  };
  const expectConverted = async (run: Run, before: readonly object[]): Promise<void> => {
    expect(run.error).toBeUndefined();
    expect(await kind()).toBe("p");
    expect(await rows()).toEqual(before);
    expect((await preview(database, deployment, program)).steps).toEqual([]);
  };

  itAlike(version)("refuses an index whose parts would get names of one that is carried, or uses it", async () => {
    const declared = (index: object) =>
      conversionProgram({
        convertFrom: { strategy: "copy" },
        indexes: { of_note: { columns: ["note"], partitionIndexName: "{partition}_note_idx", ...index } },
      });
    const shown = await preview(database, deployment, declared({}));
    expect(shown.error).toMatch(
      /index "events_of_note" .*"events_p\d{4}_\d\d_note_idx", which is the name of the part of "events_note".*declare name: "events_note"/,
    );
    expect(await kind()).toBe("r");
    const named = declared({ name: "events_note" });
    expect((await preview(database, deployment, named)).error).toBeUndefined();
    expect((await up(database, deployment, named)).error).toBeUndefined();
    expect(await kind()).toBe("p");
    expect(await preview(database, deployment, named)).toMatchObject({ steps: [], error: undefined });
  });

  itAlike(version)("stops when all is compared, follows changes, and swaps with the next update", async () => {
    expect((await up(database, deployment, verifying)).error).toBeUndefined();
    expect((await preview(database, deployment, verifying)).steps).toEqual([]);
    await database.query(`
      update app.events set note = 'later', at = at + interval '31 days' where id < 100;
      delete from app.events where id between 1000 and 1100;
      insert into app.events values (9000, '2025-03-05', 'new', 1);`);
    expect(await kind()).toBe("r");
    const before = await rows();
    await expectConverted(await up(database, deployment, program), before);
    // The former table keeps what it had, and refuses what still would write to it.
    expect(await database.query("select count(*)::int as n from app.events_legacy")).toEqual([{ n: before.length }]);
    await expect(database.query("insert into app.events_legacy values (1, now())")).rejects.toThrow(
      /"app"."events_legacy" is the former one of a conversion, .* insert is refused/,
    );
    await expect(database.query("truncate app.events_legacy")).rejects.toThrow(/truncate is refused/);
  });

  itAlike(version)(
    "R8 a table that is truncated while it is copied is copied again from what it has then",
    async () => {
      const stop = stopAt(COPIED);
      const run = up(database, deployment, program, { env: stop.env });
      await stop.reached();
      await database.query("truncate app.events; insert into app.events values (1, '2025-02-05', 'only', 1)");
      stop.goOn();
      const { messages, ...rest } = await run;
      expect(messages.join("\n")).toContain('table "app.events" was truncated: its copy is emptied, and begun again');
      await expectConverted({ messages, ...rest }, [
        { id: "1", at: new Date("2025-02-05T00:00:00Z"), note: "only", amount: "1" },
      ]);
    },
  );

  itAlike(version)("written anew while it is copied, it is copied again: no row is lost or doubled", async () => {
    const stop = stopAt(COPIED);
    const run = up(database, deployment, program, { env: stop.env });
    await stop.reached();
    await database.query("update app.events set note = 'moved' where id % 3 = 0");
    await database.query("vacuum full app.events");
    const before = await rows();
    stop.goOn();
    await expectConverted(await run, before);
  });

  itAlike(version).each([
    [
      "its triggers are switched off for a load",
      "alter table app.events disable trigger all; update app.events set note = 'unseen'; alter table app.events enable trigger all",
    ],
    ["a column is added", "alter table app.events add late integer default 7"],
    ["values are changed by ALTER TYPE", "alter table app.events alter amount type numeric using amount + 1"],
  ])("R11 R13 when %s, the copy is begun again, and has every row as it is then", async (_, ddl) => {
    const stop = stopAt(COPIED);
    const run = up(database, deployment, program, { env: stop.env });
    await stop.reached();
    await database.query(ddl);
    const before = await rows();
    stop.goOn();
    const { error, messages } = await run;
    expect(messages.join("\n")).toContain("changes may have been missed. The copy is dropped, and begun again");
    expect(error).toBeUndefined();
    expect(await rows()).toEqual(before);
    expect((await left(database)).orphans).toEqual([]);
  });

  itAlike(version)("a row of an interval that has no partition yet gets one", async () => {
    expect((await up(database, deployment, verifying)).error).toBeUndefined();
    await database.query(
      "insert into app.events values (-1, '2023-06-05', 'backdated', 1), (-2, '2026-09-05', 'ahead', 1)",
    );
    const before = await rows();
    const run = await up(database, deployment, program);
    expect(run.error).toBeUndefined();
    expect(await rows()).toEqual(before);
  });

  itAlike(version)(
    "S3 a transaction whose snapshot is older than the copy is waited for, by name, before the swap",
    async () => {
      const reader = await connect("report");
      await reader.query("begin isolation level repeatable read");
      await reader.query("select 1 from pg_class limit 1");
      let [said, ended] = [false, false];
      const run = up(database, deployment, program, {
        config: { waitBudgetMs: "60000" },
        started: (plugin) => {
          const waits = () =>
            plugin.messages.some((message) => message.includes("waiting for transactions that began before"));
          void until(() => ended || waits()).then(() => (said = true));
        },
      }).finally(() => (ended = true));
      // It waits, or it has not waited.
      await until(async () => ended || (said && (await isWaitingForSnapshots())), 60_000);
      await database.query("update app.events set note = 'meanwhile' where id = 1");
      const { rows: seen } = await reader.query<{ n: string }>("select count(*) as n from app.events");
      expect(seen).toEqual([{ n: "5000" }]);
      expect(await kind()).toBe("r");
      await reader.query("commit");
      expect((await run).error).toBeUndefined();
      expect(await database.query("select note from app.events where id = 1")).toEqual([{ note: "meanwhile" }]);
    },
  );

  it("S2 S4 a write that waits for the swap goes to the new table; one with an older snapshot is told to begin again", async () => {
    const [late, old] = [await connect("late"), await connect("old")];
    const stop = stopAt("before commit convert app.events");
    const run = up(database, deployment, program, { env: stop.env });
    await stop.reached();
    await old.query("begin isolation level repeatable read");
    const waiting = ["late", "old"].map((name) =>
      until(async () => {
        const found = await database.query(
          "select from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'",
          [name],
        );
        return found.length > 0;
      }),
    );
    const written = late.query("insert into app.events values (-1, '2025-02-02', 'waited', 1)");
    const refused = failureOf(old.query("update app.events set note = 'unseen' where id = 1"));
    await Promise.all(waiting);
    stop.goOn();
    await written;
    expect(await refused).toMatchObject({ code: "40001" });
    await old.query("rollback");
    const { error } = await run;
    expect(error).toBeUndefined();
    expect(await database.query("select tableoid::regclass::text as at from app.events where id = -1")).toEqual([
      { at: "app.events_p2025_02" },
    ]);
    // Nothing of it is left once every transaction sees the rows.
    expect(await database.query("select tgname from pg_trigger where tgrelid = 'app.events'::regclass")).toEqual([]);
    expect((await preview(database, deployment, program)).steps).toEqual([]);
  });

  itAlike(version)(
    "finds a row of the copy that another session has changed, names it, and swaps nothing",
    async () => {
      const stop = stopAt(COPIED);
      const run = up(database, deployment, program, { env: stop.env });
      await stop.reached();
      await database.query("update app.events_copy set note = 'forged' where id = 17");
      stop.goOn();
      const { error } = await run;
      expect(error).toMatch(
        /the copy is not equal to the table: 5000 rows on both sides, not all of them equal\. \(17, .*\) different in note/,
      );
      expect(await kind()).toBe("r");
      // Removed from the program, the conversion takes everything back.
      expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
      expect(
        await database.query(
          "select relname from pg_class where relnamespace = 'app'::regnamespace and relkind in ('r', 'p')",
        ),
      ).toEqual([{ relname: "events" }]);
      expect(await database.query("select tgname from pg_trigger where tgrelid = 'app.events'::regclass")).toEqual([]);
      expect(await database.query("select proname from pg_proc where pronamespace = 'app'::regnamespace")).toEqual([]);
    },
  );

  it("S10 foreign keys of both directions are enforced from the swap on, and are those of the table after it", async () => {
    await database.query(`
      create table app.kinds (note text primary key);
      insert into app.kinds select note from app.events;
      alter table app.events add constraint events_kind foreign key (note) references app.kinds on delete cascade;
      alter table app.events add constraint events_key unique (id, at);
      create table app.details (id bigint, at timestamptz, constraint details_event foreign key (id, at) references app.events (id, at) on delete cascade);
      insert into app.details select id, at from app.events where id < 50;`);
    const before = await rows();
    await expectConverted(await up(database, deployment, program), before);
    expect(
      await database.query(
        "select conrelid::regclass::text as at, conname, convalidated from pg_constraint where contype = 'f' and conparentid = 0 and connamespace = 'app'::regnamespace order by 2",
      ),
    ).toEqual([
      { at: "app.details", conname: "details_event", convalidated: true },
      { at: "app.events", conname: "events_kind", convalidated: true },
    ]);
    await database.query("delete from app.kinds where note = 'note 3'");
    expect(await database.query("select count(*)::int as n from app.events where id = 3")).toEqual([{ n: 0 }]);
    expect(await database.query("select count(*)::int as n from app.details where id = 3")).toEqual([{ n: 0 }]);
    await expect(database.query("insert into app.events values (10000, '2025-02-02', 'unknown', 1)")).rejects.toThrow(
      /violates foreign key constraint "events_kind"/,
    );
  });

  itAlike(version).each([
    ["without a key", "alter table app.events drop constraint events_pkey", /"app\.events" has no primary key/],
    [
      "with a key whose equal values differ",
      "create collation app.loose (provider = icu, locale = 'und', deterministic = false); alter table app.events alter id type text collate app.loose",
      /"id" cannot identify a row/,
    ],
    [
      "that is published with every table",
      "create publication everything for all tables",
      /publication "everything" publishes all tables/,
    ],
    [
      "with forced row security",
      "alter table app.events enable row level security, force row level security",
      /FORCE ROW LEVEL SECURITY of "app\.events" hides rows/,
    ],
    [
      "beside a table that has the name of the former one",
      "create table app.events_legacy ()",
      /"app\.events_legacy" exists already/,
    ],
    [
      "beside a table that has the name of a partition",
      "create table app.events_p2025_01 ()",
      /"app\.events_p2025_01" exists already/,
    ],
  ])("a table %s is refused before anything is changed", async (_, sql, message) => {
    await database.query(sql);
    const { error } = await preview(database, deployment, program);
    expect(error).toMatch(message);
  });
});
