import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { query } from "../../postgres/queries";
import { testVersions } from "../support/database";
import { left, program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { startAgain } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { everywhere } from "./changed-table";
import { author, short, withStates } from "./constraint-states-support";
import { columns, declare } from "./constraints-support";
import { changesOf, nothingLeft } from "./support";

describe.each(testVersions())("PostgreSQL %s, constraints that existed before", (version) => {
  const { database, deployment, states } = withStates(version);

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
    await startAgain(database, deployment);
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
