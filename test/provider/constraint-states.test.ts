import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { query } from "../../postgres/queries";
import { testVersions, withDatabase } from "../support/database";
import { Deployment } from "../support/harness/deployment";
import { left, program, reset } from "../support/harness/fixture";
import { endPlugins } from "../support/harness/plugin";
import { preview, up } from "../support/harness/rounds";
import { statementsDuring } from "../support/statement-log";
import { changesOf, nothingLeft } from "./support";
import { closeAll } from "./wire-support";

afterEach(endPlugins);
afterAll(closeAll);

const asOf = "2025-03-10T00:00:00Z";
const columns = {
  id: "bigint",
  at: "timestamptz",
  note: { type: "text", nullable: true },
  author: { type: "bigint", nullable: true },
} as const;
const declare = (changes: Partial<TableSpecArgs> = {}) => program(asOf, { columns, indexes: {}, ...changes });
const author = { columns: ["author"], references: { schema: "app", table: "users", columns: ["id"] } };
const short = "length(note) <= 5";

describe.each(testVersions())("PostgreSQL %s, constraints that existed before", (version) => {
  const database = withDatabase(version);
  let deployment: Deployment;

  /** February, March and April; a row of March is too long, and its author unknown. */
  beforeEach(async () => {
    await reset(database);
    deployment = new Deployment();
    await database.query("create table app.users (id bigint primary key); insert into app.users values (1)");
    expect((await up(database, deployment, declare())).error).toBeUndefined();
    await database.query(
      "insert into app.events values (1, '2025-02-05', 'short', 1), (2, '2025-03-05', 'much too long', 99), (3, '2025-04-01', 'short', 1)",
    );
  });

  /** `events_p2025_02 known valid`, the table and its partitions. */
  async function states(name: string): Promise<string[]> {
    const rows = await database.query<{ line: string }>(
      `select format('%s %s%s', c.relname, regexp_replace(pg_get_constraintdef(k.oid), '^.*\\) ?', ''), case when k.convalidated then 'valid' else '' end) as line
       from pg_constraint k join pg_class c on c.oid = k.conrelid
       where k.connamespace = 'app'::regnamespace and k.conname = $1 order by 1`,
      [name],
    );
    return rows.map(({ line }) => line);
  }

  const everywhere = (state: string) =>
    ["events", "events_p2025_02", "events_p2025_03", "events_p2025_04"].map((relation) => `${relation} ${state}`);

  it("a check that existed NOT VALID remains so after rows did not satisfy it, twice, and new rows are refused", async () => {
    await database.query(`alter table app.events add constraint known check (${short}) not valid`);
    const before = (await left(database)).dump;
    const declared = declare({ checks: { known: short } });
    const shown = await preview(database, deployment, declared);
    expect(shown.messages.join("\n")).toMatch(
      /check "known" exists, NOT VALID.*where one does not, the update fails, and it remains NOT VALID.*validate: false/s,
    );
    for (const round of [1, 2]) {
      const run = await up(database, deployment, declared);
      expect(run.error, String(round)).toMatch(
        /rows of partition "app\.events_p2025_03" do not satisfy check "known".*Nothing was dropped: check "known" of "app\.events" existed before this update, NOT VALID, and remains so; it checks every new row/s,
      );
      const [, finding = ""] = /are found by: (SELECT .*?)\. Correct/.exec(run.error ?? "") ?? [];
      expect(await database.query(finding)).toMatchObject([{ id: "2" }]);
      expect(run.error).not.toMatch(/reverted/);
      expect((await left(database)).dump).toBe(before);
      expect(await states("known")).toEqual(everywhere("NOT VALID"));
      await expect(database.query("insert into app.events values (9, '2025-03-06', 'too long again')")).rejects.toThrow(
        /known/,
      );
    }
    // No longer declared after an update that failed: it was never ours.
    expect((await up(database, deployment, declare())).error).toBeUndefined();
    expect(await states("known")).toEqual(everywhere("NOT VALID"));
    await database.query("update app.events set note = 'short' where id = 2");
    expect((await up(database, deployment, declared)).error).toBeUndefined();
    expect(await states("known")).toEqual(everywhere("valid"));
    await nothingLeft(database, deployment, declared);
  });

  it("otherwise only what this update has added is reverted, and its other changes are named", async () => {
    await database.query(`alter table app.events add constraint known check (${short}) not valid`);
    const more = { ...columns, amount: { type: "int", default: "0" } };
    const run = await up(
      database,
      deployment,
      declare({ columns: more, checks: { known: short, small: "author < 50" } }),
    );
    // The first that fails is the one that stood there; the other holds for new rows, and is read by the next update.
    expect(run.error).toMatch(/known" of "app\.events" existed before/);
    expect(run.error).toMatch(/Earlier changes of this update remain: ALTER TABLE .* ADD COLUMN "amount".*"small"/s);
    expect(await states("known")).toEqual(everywhere("NOT VALID"));
    const second = await up(
      database,
      deployment,
      declare({
        columns: more,
        checks: { known: { expression: short, validate: false }, small: "author < 50" },
      }),
    );
    expect(second.error).toMatch(
      /"events_p2025_03" is violated by some row.*so it was reverted and the table is as it was/s,
    );
    expect(await states("small")).toEqual([]);
    expect(await states("known")).toEqual(everywhere("NOT VALID"));
  });

  it.runIf(version >= 18)(
    "a foreign key that existed NOT VALID remains so, on the table and every partition",
    async () => {
      await database.query(
        "alter table app.events add constraint events_author foreign key (author) references app.users not valid",
      );
      const before = (await left(database)).dump;
      for (const round of [1, 2]) {
        const run = await up(database, deployment, declare({ foreignKeys: { events_author: author } }));
        expect(run.error, String(round)).toMatch(
          /rows of partition "app\.events_p2025_03" do not satisfy foreign key "events_author".*Nothing was dropped/s,
        );
        const [, finding = ""] = /are found by: (SELECT .*?)\. Correct/.exec(run.error ?? "") ?? [];
        expect(await database.query(finding)).toMatchObject([{ id: "2" }]);
        expect((await left(database)).dump).toBe(before);
      }
      await expect(database.query("insert into app.events values (9, '2025-03-06', 'x', 98)")).rejects.toThrow(
        /events_author/,
      );
      const unread = declare({ foreignKeys: { events_author: { ...author, validate: false } } });
      expect((await up(database, deployment, unread)).error).toBeUndefined();
      expect(await states("events_author")).toEqual(everywhere("NOT VALID"));
      await nothingLeft(database, deployment, unread);
    },
  );

  it("a foreign key and a check that a single partition had before remain on it, in their state", async () => {
    await database.query(
      `alter table app.events_p2025_02 add constraint events_author foreign key (author) references app.users;
       alter table app.events_p2025_03 add constraint events_author foreign key (author) references app.users not valid;
       alter table app.events_p2025_02 add constraint known check (${short});
       alter table app.events_p2025_03 add constraint known check (${short}) not valid`,
    );
    const before = (await left(database)).dump;
    const wanted = ["events_p2025_02 valid", "events_p2025_03 NOT VALID"];
    for (const [name, declared] of [
      ["known", declare({ checks: { known: short } })],
      ["events_author", declare({ foreignKeys: { events_author: author } })],
    ] as const) {
      for (const round of [1, 2]) {
        const run = await up(database, deployment, declared);
        expect(run.error, `${name} ${String(round)}`).toMatch(
          /reverted and the table is as it was.*On "app\.events_p2025_02", "app\.events_p2025_03" it existed before this update, and remains as it was/s,
        );
        expect(await states(name)).toEqual(wanted);
        expect((await left(database)).dump).toBe(before);
      }
    }
    await database.query("update app.events set note = 'x', author = 1 where id = 2");
    const both = declare({ checks: { known: short }, foreignKeys: { events_author: author } });
    expect((await up(database, deployment, both)).error).toBeUndefined();
    expect(await states("known")).toEqual(everywhere("valid"));
    expect(await states("events_author")).toEqual(everywhere("valid"));
    await nothingLeft(database, deployment, both);
  });

  it("a partition's own constraint of that name that is another one is named, and nothing is changed", async () => {
    await database.query(
      `alter table app.events_p2025_03 add constraint events_author foreign key (author) references app.users on delete cascade not valid`,
    );
    const before = (await left(database)).dump;
    const run = await up(database, deployment, declare({ foreignKeys: { events_author: author } }));
    expect(run.error).toMatch(
      /partition "app\.events_p2025_03" .* has a constraint "events_author" with another definition/,
    );
    expect((await left(database)).dump).toBe(before);
    await database.query("alter table app.events_p2025_02 add constraint known check (length(note) <= 7)");
    const check = await up(database, deployment, declare({ checks: { known: "length(note) <= 70" } }));
    expect(check.error).toMatch(/has another one of that name, so "known" was reverted and the table is as it was/);
    expect(await states("known")).toEqual(["events_p2025_02 valid"]);
  });

  it("a check of the product's own name for NOT NULL that was created by hand is used, and remains", async () => {
    await database.query(
      "update app.events set note = null where id = 2; alter table app.events add constraint events_note_filled check (note is not null) not valid",
    );
    const filled = declare({ columns: { ...columns, note: "text" } });
    const run = await up(database, deployment, filled);
    expect(run.error).toMatch(/rows of partition "app\.events_p2025_03" do not satisfy.*Nothing was dropped/s);
    expect(await states("events_note_filled")).toEqual(everywhere("NOT VALID"));
    await database.query("update app.events set note = 'x'");
    expect((await up(database, deployment, filled)).error).toBeUndefined();
    expect(await states("events_note_filled")).toEqual(everywhere("valid"));
    await nothingLeft(database, deployment, filled);
  });

  it("declared for new rows only, a check is added unread, is never read, and new partitions have it", async () => {
    const unread = declare({ checks: { known: { expression: short, validate: false } } });
    const sent = changesOf(
      await statementsDuring(
        database,
        async () => void expect((await up(database, deployment, unread)).error).toBeUndefined(),
      ),
    );
    expect(sent.filter((sql) => sql.includes("VALIDATE"))).toEqual([]);
    expect(await states("known")).toEqual(everywhere("NOT VALID"));
    await nothingLeft(database, deployment, unread);
    // A month later: the new partition is attached, what has expired leaves, and nothing is read.
    const known = (expression: string) => ({ known: { expression, validate: false } });
    const inApril = (expression: string) =>
      program("2025-04-10T00:00:00Z", { columns, indexes: {}, checks: known(expression) });
    const later = inApril(short);
    expect((await up(database, deployment, later)).error).toBeUndefined();
    await expect(database.query("insert into app.events values (9, '2025-05-06', 'much too long')")).rejects.toThrow(
      /known/,
    );
    await nothingLeft(database, deployment, later);
    // Another expression takes its place, unread too.
    const other = inApril("length(note) <= 4");
    expect((await up(database, deployment, other)).error).toBeUndefined();
    await expect(database.query("insert into app.events values (9, '2025-05-06', 'short')")).rejects.toThrow(/known/);
    await nothingLeft(database, deployment, other);
  });

  it.runIf(version >= 18)("what is not enforced is declared so, and never changes in place", async () => {
    await database.query(
      `alter table app.events add constraint known check (${short}) not enforced;
       alter table app.events add constraint events_author foreign key (author) references app.users not enforced`,
    );
    const before = (await left(database)).dump;
    const run = await up(
      database,
      deployment,
      declare({ checks: { known: short }, foreignKeys: { events_author: author } }),
    );
    expect(run.error).toMatch(/check "known" of "app\.events" is NOT ENFORCED.*foreign key "events_author"/s);
    expect((await left(database)).dump).toBe(before);
    const declared = declare({
      checks: { known: { expression: short, enforced: false } },
      foreignKeys: { events_author: { ...author, enforced: false } },
    });
    expect((await up(database, deployment, declared)).error).toBeUndefined();
    await nothingLeft(database, deployment, declared);
    expect(await states("known")).toEqual(everywhere("NOT ENFORCED"));
  });

  it("a foreign key of a table before PostgreSQL 18 cannot hold for new rows only: that is reported", async () => {
    const run = await up(
      database,
      deployment,
      declare({ foreignKeys: { events_author: { ...author, validate: false } } }),
    );
    if (version >= 18) expect(run.error).toBeUndefined();
    else
      expect(run.error).toMatch(/PostgreSQL 15 has no foreign key of a partitioned table that holds for new rows only/);
    expect(await states("events_author")).toEqual(version >= 18 ? everywhere("NOT VALID") : []);
  });

  it.runIf(version >= 18)(
    "NOT NULL that is NOT VALID remains so, and an archive knows that values may be missing",
    async () => {
      await database.query(
        "update app.events set note = null where id = 2; alter table app.events add constraint filled not null note not valid",
      );
      const before = (await left(database)).dump;
      const declared = declare({ columns: { ...columns, note: "text" } });
      expect((await up(database, deployment, declared)).error).toBeUndefined();
      await nothingLeft(database, deployment, declared);
      expect((await left(database)).dump).toBe(before);
      const rows = await database.query<{ name: string; not_null: boolean }>(query("rows/columns"), [
        (await database.query<{ oid: string }>("select 'app.events_p2025_03'::regclass::oid::text as oid"))[0]?.oid,
      ]);
      expect(rows.find((row) => row.name === "note")?.not_null).toBe(false);
      expect(rows.find((row) => row.name === "at")?.not_null).toBe(true);
    },
  );

  it("a partition that was away comes back under a check that holds for new rows only, with its old rows", async () => {
    await database.query("update app.events set note = 'much too long' where id = 1");
    const april = (changes: Partial<TableSpecArgs> = {}) =>
      program("2025-04-10T00:00:00Z", { columns, indexes: {}, ...changes });
    expect((await up(database, deployment, april())).error).toBeUndefined();
    const checks = { known: { expression: short, validate: false } };
    expect((await up(database, deployment, april({ checks }))).error).toBeUndefined();
    const back = april({ checks, window: { lead: "1 month", retention: "3 months" } });
    expect((await up(database, deployment, back)).error).toBeUndefined();
    expect(await database.query("select note from app.events where id = 1")).toEqual([{ note: "much too long" }]);
    expect(await states("known")).toContain("events_p2025_02 NOT VALID");
    await nothingLeft(database, deployment, back);
  });

  it("keys that are DEFERRABLE remain so, and a new partition has them so", async () => {
    await reset(database);
    deployment = new Deployment();
    await database.query(
      `create table app.users (id bigint primary key);
       create table app.events (id bigint not null, at timestamptz not null, note text, author bigint,
         primary key (id, at) deferrable initially deferred, constraint one_note unique (note, at) deferrable,
         constraint events_author foreign key (author) references app.users deferrable initially deferred) partition by range (at)`,
    );
    const declared = declare({ uniques: { one_note: ["note", "at"] }, foreignKeys: { events_author: author } });
    expect((await up(database, deployment, declared)).error).toBeUndefined();
    const rows = await database.query<{ line: string }>(
      `select distinct k.contype::text || ' ' || k.condeferrable || ' ' || k.condeferred as line from pg_constraint k
       where k.connamespace = 'app'::regnamespace and k.contype in ('p', 'u', 'f') and k.conrelid <> 'app.users'::regclass order by 1`,
    );
    expect(rows.map(({ line }) => line)).toEqual(["f true true", "p true true", "u true false"]);
    await nothingLeft(database, deployment, declared);
    const said = declare({
      uniques: { one_note: ["note", "at"] },
      foreignKeys: { events_author: { ...author, deferrable: "initially deferred" } },
    });
    expect((await up(database, deployment, said)).error).toBeUndefined();
    await nothingLeft(database, deployment, said);
    const other = await preview(
      database,
      deployment,
      declare({
        uniques: { one_note: ["note", "at"] },
        foreignKeys: { events_author: { ...author, deferrable: "initially immediate" } },
      }),
    );
    expect(other.error).toMatch(/never changes in place/);
  });
});
