// The analysis tells the truth: a table without a blocker converts, and one with a blocker does not.
import { describe, expect, it } from "vitest";
import { analyze } from "../../core/conversion/analyze/analysis";
import { writeConversion } from "../../core/conversion/analyze/declaration";
import { readConversionFacts } from "../../postgres/read/conversion-facts";
import { evaluate } from "../cli/printed-program";
import { opener } from "../postgres/support";
import { testVersions, withDatabase } from "../support/database";
import { up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { casesOn } from "../support/sample";

const TABLE = `create table app.events (id bigint, at timestamptz not null default now(), note text, note_at date);
  insert into app.events select n, '2026-01-01Z'::timestamptz + n * interval '1 hour', 'x' from generate_series(1, 100) n;`;

const FUNCTION = "create function app.f() returns trigger language plpgsql as 'begin return new; end';";

function runOn18(sql: string): string {
  return `do $$ begin if current_setting('server_version_num')::int >= 180000 then execute '${sql}'; end if; end $$`;
}

/** What is done to the table, and the topic that stands against it; a function of the version where that decides. */
const CASES: Readonly<
  Record<string, readonly [sql: string, blocker?: string | ((version: number) => string | undefined)]>
> = {
  "as it is": [""],
  "a narrow primary key": ["alter table app.events add primary key (id)"],
  "a key that may be NULL": ["alter table app.events alter at drop not null"],
  "a key with a NULL": [
    "alter table app.events alter at drop not null; insert into app.events (at) values (null)",
    "key-nulls",
  ],
  "a unique column": ["create unique index on app.events (id)", "unique"],
  "a unique index with the key": ["create unique index on app.events (id, at) where note is not null"],
  "a deferrable unique key with the key": ["alter table app.events add unique (id, at) deferrable initially deferred"],
  "an invalid index": [
    "create index bad on app.events (id); update pg_index set indisvalid = false where indexrelid = 'app.bad'::regclass",
  ],
  "an expression index": ["create index on app.events (lower(note)) include (id)"],
  "a row trigger": [`${FUNCTION} create trigger t before insert on app.events for each row execute function app.f()`],
  "a constraint trigger": [
    `${FUNCTION} create constraint trigger t after insert on app.events deferrable for each row execute function app.f()`,
  ],
  "transition tables by statement": [
    `${FUNCTION} create trigger t after insert on app.events referencing new table as added for each statement execute function app.f()`,
  ],
  "transition tables by row": [
    `${FUNCTION} create trigger t after insert on app.events referencing new table as added for each row execute function app.f()`,
    "triggers",
  ],
  "a rule": ["create rule r as on delete to app.events where old.id < 0 do instead nothing", "rules"],
  "a check that is not valid": ["alter table app.events add constraint c check (id > 1) not valid"],
  "a check that is not inherited": [
    "alter table app.events add constraint c check (id > 0) no inherit; comment on constraint c on app.events is 'own'",
  ],
  "a check that is not enforced": [runOn18("alter table app.events add constraint c check (id > 1) not enforced")],
  "a foreign key": [
    "create table app.runs (id bigint primary key); alter table app.events add foreign key (id) references app.runs not valid; insert into app.runs select n from generate_series(1, 100) n; alter table app.events validate constraint events_id_fkey",
  ],
  "a foreign key that is not valid": [
    "create table app.runs (id bigint primary key); alter table app.events add foreign key (id) references app.runs not valid",
    (version) => (version < 18 ? "outgoing-keys" : undefined),
  ],
  "a foreign key to its narrow key": [
    "alter table app.events add primary key (id); create table app.details (id bigint references app.events)",
    "incoming-keys",
  ],
  "a foreign key to its wide key": [
    "alter table app.events add primary key (id, at); create table app.details (id bigint, at timestamptz, foreign key (id, at) references app.events)",
  ],
  "a partitioned table's foreign key": [
    "alter table app.events add primary key (id, at); create table app.details (id bigint, at timestamptz, foreign key (id, at) references app.events) partition by hash (id)",
    (version) => (version < 18 ? "incoming-keys" : undefined),
  ],
  "a foreign key to itself": [
    "alter table app.events add primary key (id, at), add parent bigint, add parent_at timestamptz; alter table app.events add foreign key (parent, parent_at) references app.events",
    (version) => (version < 18 ? "incoming-keys" : undefined),
  ],
  "a view, and one of that": [
    "create view app.v as select * from app.events; create view app.w as select * from app.v",
  ],
  "a materialised view": ["create materialized view app.m as select * from app.events", "views"],
  "a materialised view of a view": [
    "create view app.v as select * from app.events; create materialized view app.m as select * from app.v",
  ],
  "a function of rows": [
    "create function app.g() returns setof app.events language sql as 'select * from app.events'",
    "row-type",
  ],
  "a view of whole rows": ["create view app.v as select e from app.events e", "row-type"],
  "a rule of another table": [
    "create table app.log (id bigint); create rule r as on insert to app.log do also update app.events set note = 'y'",
    "bound",
  ],
  "storage and statistics": ["alter table app.events set (fillfactor = 70), alter note set storage external"],
  "statistics of another owner": ["create statistics app.s on id, note from app.events", "statistics"],
  "a NOT NULL that is not validated": [
    runOn18("alter table app.events add constraint c not null note not valid"),
    (version) => (version < 18 ? undefined : "checks"),
  ],
  "a NOT NULL that is not inherited": [
    `${runOn18("alter table app.events add constraint c not null note no inherit")}; ${runOn18("comment on constraint c on app.events is ''own''")}`,
  ],
  "row security that is forced": [
    "alter table app.events enable row level security, force row level security; create policy p on app.events using (true)",
  ],
  "a generated column": ["alter table app.events add size bigint generated always as (length(note)) stored"],
  "an identity": [
    "alter table app.events alter id set not null, alter id add generated always as identity (start 1000)",
  ],
  "a dropped column": ["alter table app.events drop note, add more text"],
  "a publication of some rows": [
    "alter table app.events replica identity full; create publication p for table app.events where (id > 5)",
    "publications",
  ],
  "a publication of all rows": ["create publication p for table app.events"],
  "a child": ["create table app.child () inherits (app.events)", "kind"],
  "a type of its own": [
    "create type app.shape as (id bigint, at timestamptz, note text, note_at date); alter table app.events of app.shape",
    "kind",
  ],
};

/** Of cases that no version answers another way an older server has a sample. */
function hasOwnWay([, [sql, blocker]]: [string, (typeof CASES)[string]]): boolean {
  return typeof blocker === "function" || sql.includes("server_version_num");
}

describe.each(testVersions())("PostgreSQL %s, a plain table that was analyzed", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const open = opener(database);

  it.each(casesOn(version, Object.entries(CASES), hasOwnWay))("%s", async (_, [sql, blocker]) => {
    await database.query(TABLE);
    await database.query(sql);
    const client = open();
    const facts = await readConversionFacts(
      client,
      { schema: "app", table: "events" },
      { column: "at", encoding: "time", zone: "UTC" },
    );
    if (!facts) throw new Error("no table");
    const { findings } = analyze(facts);
    await client.close();
    const expected = typeof blocker === "function" ? blocker(version) : blocker;
    expect(findings.filter((one) => one.level === "blocker").map((one) => one.about)).toEqual(
      expected === undefined ? [] : [expected],
    );
    const { name, args } = evaluate(
      writeConversion(facts, findings, { management: "pgpartition", columns: false }) ?? "",
    );
    const program = { tables: { [name]: args }, asOf: new Date().toISOString() };
    const { error } = await up(database, deployment, program);
    if (expected !== undefined) return expect(error ?? "converted").not.toBe("converted");
    expect(error).toBeUndefined();
    expect((await up(database, deployment, program)).steps).toEqual([]);
    expect(
      await database.query("select count(*)::int as rows, count(distinct tableoid)::int as partitions from app.events"),
    ).toEqual([{ rows: 100, partitions: 1 }]);
  });
});
