// Shapes of a plain table that a copy by name, by position or by text would lose: it comes out with the same rows and rules.
import { describe, expect, it } from "vitest";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { casesOn } from "../support/sample";

interface Shape {
  readonly sql: string;
  /** Of the table before and after: the same answer. */
  readonly asked: string;
  /** Statements that have to fail afterwards, with a part of their error. */
  readonly refused?: readonly (readonly [sql: string, error: string])[];
  /** A statement after it, and its answer. */
  readonly then?: readonly [sql: string, answer: object];
}

const TRIGGER =
  "create function app.twice() returns trigger language plpgsql as 'begin new.amount := new.amount * 2; return new; end'; create trigger twice before insert on app.events for each row execute function app.twice()";

const SHAPES: Readonly<Record<string, Shape>> = {
  "R20 an identity that is ALWAYS, and a stored generated column": {
    sql: "alter table app.events alter id add generated always as identity (start 9000), add half numeric generated always as (amount / 2) stored",
    asked: "select id, half::text from app.events order by id",
    then: [
      "insert into app.events (at, amount) values ('2025-02-02', 3) returning id::int, half::text",
      { id: 9000, half: "1.5000000000000000" },
    ],
  },
  "R21 a CHECK that is not validated, and that a row contradicts": {
    sql: "alter table app.events add constraint positive check (amount > 1) not valid",
    asked:
      "select (select count(*)::int from app.events where amount <= 1) as n, convalidated from pg_constraint where conrelid = 'app.events'::regclass and conname = 'positive'",
    refused: [["insert into app.events values (9000, '2025-02-02', 'x', 0)", 'violates check constraint "positive"']],
  },
  "R22 NaN, -0, numbers and texts whose equal values differ": {
    sql: `create collation if not exists app.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      alter table app.events add f float8, add loose text collate app.loose;
      update app.events set f = (array['NaN', '-0', '0', 'Infinity']::float8[])[1 + id % 4], amount = 1.0 + (id % 2) * 0.00, loose = (array['a', 'A'])[1 + id % 2];
      update app.events set amount = '1.00' where id % 3 = 0`,
    asked: "select id, f::text, amount::text, loose::text from app.events order by id",
  },
  "R23 a trigger that alters what is inserted": {
    sql: TRIGGER,
    asked: "select id, amount::text from app.events order by id",
    then: ["insert into app.events values (9000, '2025-02-02', 'x', 3) returning amount::text", { amount: "6" }],
  },
  "R24 dropped columns, and what single columns have": {
    sql: `alter table app.events add gone int, add kept text default 'kept'; alter table app.events drop gone;
      alter table app.events alter note set storage external, alter kept set statistics 300, alter note set compression pglz;
      grant select (note, kept) on app.events to public`,
    asked:
      "select attname, attstorage, attcompression, attstattarget, attacl::text from pg_attribute where attrelid = 'app.events'::regclass and attnum > 0 and not attisdropped order by attname",
    then: ["select kept from app.events where id = 7", { kept: "kept" }],
  },
  "S5 a view, a parsed function and a policy that are bound to it by its oid": {
    sql: `create view app.recent as select id, note from app.events where at > '2025-02-01';
      create function app.rename(int, text) returns void language sql begin atomic update app.events set note = $2 where id = $1; end;
      create table app.notes (note text); alter table app.notes enable row level security;
      create policy known on app.notes using (note in (select note from app.events))`,
    asked: "select count(*)::int as n from app.recent",
    then: [
      "with renamed as (select app.rename(3000, 'renamed')) select pg_get_expr(polqual, polrelid) ~ 'legacy' as former from pg_policy, renamed where polname = 'known'",
      { former: false },
    ],
    refused: [["update app.events_legacy set note = 'lost'", "update is refused"]],
  },
  "S8 a sequence that it owns, with a cache": {
    sql: `create sequence app.numbers cache 20;
      do $$ begin execute format('alter sequence app.numbers owner to %s', (select relowner::regrole from pg_class where oid = 'app.events'::regclass)); end $$;
      alter sequence app.numbers owned by app.events.id; alter table app.events alter id set default nextval('app.numbers');
      select setval('app.numbers', 9000)`,
    asked: "select pg_get_serial_sequence('app.events', 'id') as sequence",
    then: ["insert into app.events (at) values ('2025-02-02') returning id > 9000 as beyond", { beyond: true }],
  },
  "S14 unique indexes on the key with NULLS NOT DISTINCT, partial and by an expression, and the name of a constraint": {
    sql: `alter table app.events add constraint once unique nulls not distinct (note, at);
      create unique index early on app.events (id, at) where amount < 100; create index lowered on app.events (lower(note))`,
    asked:
      "select i.relname, replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON ') as definition from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = 'app.events'::regclass and not x.indisprimary order by 1",
    then: [
      "insert into app.events values (9000, (select at from app.events where id = 5), 'note 5', 1) on conflict on constraint once do update set amount = 7 returning id::int, amount::text",
      { id: 5, amount: "7" },
    ],
  },
};

describe.each(testVersions())("PostgreSQL %s, a plain table that is copied", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const program = conversionProgram({ convertFrom: { strategy: "copy" } });

  it.each(casesOn(version, Object.entries(SHAPES)))("%s", async (_, { sql, asked, then, refused = [] }) => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(`
      create table app.events (id bigint primary key, at timestamptz not null, note text, amount numeric);
      insert into app.events select n, timestamptz '2025-01-01 00:00+00' + n * interval '20 minutes', 'note ' || n, n / 10.0 from generate_series(1, 4000) n;`);
    await database.query(sql);
    const before = await database.query(asked);
    expect((await up(database, deployment, program)).error).toBeUndefined();
    expect(await database.query(asked)).toEqual(before);
    expect((await preview(database, deployment, program)).steps).toEqual([]);
    if (then) expect(await database.query(then[0])).toEqual([then[1]]);
    for (const [statement, error] of refused) await expect(database.query(statement)).rejects.toThrow(error);
  });
});
