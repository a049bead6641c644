import { describe, expect, it } from "vitest";
import { testVersions } from "../support/database";
import { left } from "../support/harness/fixture";
import { named, preview, up } from "../support/harness/rounds";
import { startAgain } from "../support/harness/with-deployment";
import { declare, withAuthors } from "./constraints-support";
import { nothingLeft } from "./support";
import { itAlike } from "../support/sample";

const toUsers = {
  columns: ["author"],
  references: { schema: "app", table: "users", columns: ["id"] },
  onDelete: "cascade" as const,
};
const ROWS =
  "insert into app.events select n, timestamptz '2025-02-03' + n * interval '1 hour', 'x', 1 from generate_series(1, 1000) n";

describe.each(testVersions())("PostgreSQL %s, constraints over time", (version) => {
  const { database, deployment, change, refresh } = withAuthors(version, ROWS);

  /** `events_known CHECK (…) valid` of the table and each partition, one line where all are equal. */
  async function constraints(kind: "c" | "f" | "u"): Promise<string[]> {
    const rows = await database.query<{ line: string; n: number }>(
      `select format('%s %s%s', k.conname, pg_get_constraintdef(k.oid), case when k.convalidated then '' else ' !' end) as line,
         count(*)::int as n
       from pg_constraint k where k.connamespace = 'app'::regnamespace and k.contype = $1 group by 1 order by 1`,
      [kind],
    );
    return rows.map(({ line, n }) => `${String(n)} ${line}`);
  }

  it("a check comes as NOT VALID, is read partition by partition, and goes when it is no longer declared", async () => {
    const { sent } = await change(declare({ checks: { known: "note in ('x', 'y')" } }));
    expect(sent.map((sql) => sql.replace(/"app"\./g, ""))).toEqual([
      'LOCK TABLE "events" IN ACCESS EXCLUSIVE MODE',
      `ALTER TABLE "events" ADD CONSTRAINT "known" CHECK (note in ('x', 'y')) NOT VALID`,
      'ALTER TABLE "events_p2025_02" VALIDATE CONSTRAINT "known"',
      'ALTER TABLE "events_p2025_03" VALIDATE CONSTRAINT "known"',
      'ALTER TABLE "events_p2025_04" VALIDATE CONSTRAINT "known"',
      'ALTER TABLE "events" VALIDATE CONSTRAINT "known"',
    ]);
    expect(await constraints("c")).toEqual(["4 known CHECK ((note = ANY (ARRAY['x'::text, 'y'::text])))"]);
    await expect(database.query("insert into app.events values (9999, '2025-03-05', 'z')")).rejects.toThrow(/known/);
    // Whatever was added by another hand stays.
    await database.query("alter table app.events add constraint by_hand check (id > 0)");
    await change(declare());
    expect(await constraints("c")).toEqual(["4 by_hand CHECK ((id > 0))"]);
  });

  itAlike(version)(
    "another expression is read beside the old one, and then takes its name: the rows are never without a check",
    async () => {
      await change(declare({ checks: { known: "note <> ''" } }));
      const { sent } = await change(declare({ checks: { known: "note <> 'zz'" } }));
      expect(sent.filter((sql) => /CONSTRAINT/.test(sql)).map((sql) => sql.replace(/"app"\./g, ""))).toEqual([
        `ALTER TABLE "events" ADD CONSTRAINT "known_next" CHECK (note <> 'zz') NOT VALID`,
        'ALTER TABLE "events_p2025_02" VALIDATE CONSTRAINT "known_next"',
        'ALTER TABLE "events_p2025_03" VALIDATE CONSTRAINT "known_next"',
        'ALTER TABLE "events_p2025_04" VALIDATE CONSTRAINT "known_next"',
        'ALTER TABLE "events" VALIDATE CONSTRAINT "known_next"',
        'ALTER TABLE "events" DROP CONSTRAINT "known"',
        'ALTER TABLE "events" RENAME CONSTRAINT "known_next" TO "known"',
      ]);
      expect(await constraints("c")).toEqual(["4 known CHECK ((note <> 'zz'::text))"]);
    },
  );

  itAlike(version)("the same expression in other words is no change", async () => {
    await change(declare({ checks: { known: "note in ('x', 'y') and id > 0" } }));
    const { sent } = await change(
      declare({ checks: { known: "(note = any (array['x', 'y'])) AND (0 < id or id > 0)" } }),
    );
    expect(sent.length).toBeGreaterThan(0);
    const again = await change(
      declare({ checks: { known: "(((note = any (array['x', 'y'])) and ((0 < id) or (id > 0))))" } }),
    );
    expect(again.sent).toEqual([]);
  });

  itAlike(version)(
    "rows that do not satisfy a check take it back: the partition is named, and the table is as it was",
    async () => {
      await change(declare({ checks: { known: "note <> ''" } }));
      const before = (await left(database)).dump;
      for (const checks of [{ known: "id < 500" }, { known: "note <> ''", small: "id < 500" }]) {
        const run = await up(database, deployment, declare({ checks }));
        expect(run.error).toMatch(
          /of relation "events_p2025_0\d" is violated by some row.*reverted and the table is as it was/s,
        );
        expect((await left(database)).dump).toBe(before);
      }
    },
  );

  itAlike(version)(
    "a check that was dropped, changed or left unread by hand: a refresh shows it, up mends it",
    async () => {
      const declared = declare({ checks: { known: "note <> ''" } });
      await change(declared);
      for (const sql of [
        "alter table app.events drop constraint known",
        "alter table app.events drop constraint known, add constraint known check (note <> 'other')",
        "alter table app.events drop constraint known, add constraint known check (note <> '') not valid",
      ]) {
        await database.query(sql);
        expect(await refresh()).toContainEqual(expect.stringContaining("events-table"));
        const mended = await up(database, deployment, declared);
        expect(mended.error).toBeUndefined();
        expect(named(mended.steps)).toContain("update events-table");
        expect(await constraints("c")).toEqual(["4 known CHECK ((note <> ''::text))"]);
        await nothingLeft(database, deployment, declared);
      }
    },
  );

  it("a foreign key comes without reading a row under a lock that stops writers, and goes again", async () => {
    const { sent, text } = await change(declare({ foreignKeys: { events_author: toUsers } }));
    const definition = "FOREIGN KEY (author) REFERENCES app.users(id) ON DELETE CASCADE";
    expect(await constraints("f")).toEqual([`4 events_author ${definition}`]);
    // What is added without NOT VALID is taken over from the partitions, which were read before.
    const added = sent.filter((sql) => sql.includes("ADD CONSTRAINT"));
    expect(added.map((sql) => sql.endsWith("NOT VALID"))).toEqual(version >= 18 ? [true] : [true, true, true, false]);
    expect(text).toMatch(
      /VALIDATE CONSTRAINT "events_author";  -- partition app.events_p2025_02 SHARE UPDATE EXCLUSIVE; referenced app.users ROW SHARE/,
    );
    await database.query("delete from app.users where id = 1");
    expect(await database.query("select from app.events")).toEqual([]);
    const dropped = await change(declare());
    expect(dropped.text).toMatch(
      /DROP CONSTRAINT "events_author";  -- .*referenced app.users ACCESS EXCLUSIVE.*LOCK_REF_AX/,
    );
    expect(await constraints("f")).toEqual([]);
  });

  itAlike(version)("rows without a counterpart take the foreign key back from every partition", async () => {
    await database.query("insert into app.events values (5000, '2025-03-05', 'x', 99)");
    const before = (await left(database)).dump;
    const run = await up(database, deployment, declare({ foreignKeys: { events_author: toUsers } }));
    expect(run.error).toMatch(/"events_p2025_03" violates foreign key constraint "events_author".*reverted/s);
    expect((await left(database)).dump).toBe(before);
    await database.query("delete from app.events where author = 99");
    await change(declare({ foreignKeys: { events_author: toUsers } }));
  });

  itAlike(version)("a foreign key is not changed in place; a new name takes over in one update", async () => {
    await change(declare({ foreignKeys: { events_author: toUsers } }));
    const other = { ...toUsers, onDelete: "restrict" as const };
    const refused = await preview(database, deployment, declare({ foreignKeys: { events_author: other } }));
    expect(refused.error).toMatch(/ON DELETE CASCADE, declared is .*ON DELETE RESTRICT.*never changes in place/);
    await change(declare({ foreignKeys: { events_writer: other } }));
    expect(await constraints("f")).toEqual([
      "4 events_writer FOREIGN KEY (author) REFERENCES app.users(id) ON DELETE RESTRICT",
    ]);
  });

  itAlike(version)(
    "a unique constraint later is refused with the unique index that does the same, built concurrently",
    async () => {
      const uniques = { one_note: ["note", "at"] };
      const refused = await up(database, deployment, declare({ uniques }));
      expect(refused.error).toContain('indexes: { "one_note": { columns: ["note","at"], unique: true } }');
      const indexes = { one_note: { columns: ["note", "at"], unique: true } };
      expect((await up(database, deployment, declare({ indexes }))).error).toBeUndefined();
      await database.query(
        "insert into app.events values (7000, '2025-03-05', 'same', 1) on conflict (note, at) do nothing; insert into app.events values (7001, '2025-03-05', 'same', 1) on conflict (note, at) do nothing",
      );
      expect(await database.query("select count(*)::int as n from app.events where note = 'same'")).toEqual([{ n: 1 }]);
    },
  );

  itAlike(version)("a unique constraint that was declared is dropped when it no longer is", async () => {
    await startAgain(database, deployment);
    await up(database, deployment, declare({ uniques: { one_note: ["note", "at"] } }));
    const { text } = await change(declare());
    expect(text).toMatch(/DROP CONSTRAINT "one_note";  -- .*INDEX_DROPPED/);
    expect(await constraints("u")).toEqual([]);
  });

  itAlike(version)(
    "a table that is found is adopted as it is: a check in other words is equal, a missing one is refused",
    async () => {
      await startAgain(database, deployment);
      await database.query(
        `create table app.events (id bigint not null, at timestamptz not null, note text, author bigint, primary key (id, at),
        constraint known check (note in ('x', 'y'))) partition by range (at)`,
      );
      const known = { known: "note in ('x', 'y')" };
      const refused = await up(database, deployment, declare({ checks: { ...known, more: "id > 0" } }));
      expect(refused.error).toMatch(/"app.events" has no check "more".*adopted as it is/);
      expect(await database.query("select from pgpartition.registry")).toEqual([]);
      expect((await up(database, deployment, declare({ checks: known }))).error).toBeUndefined();
      await nothingLeft(database, deployment, declare({ checks: known }));
      await change(declare({ checks: { ...known, more: "id > 0" } }));
    },
  );
});
