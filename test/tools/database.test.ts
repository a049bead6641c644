import { describe, expect, it } from "vitest";
import { testVersions, withDatabase } from "../support/database";
import { statementsDuring } from "../support/statement-log";

describe.each(testVersions())("a test's database on PostgreSQL %i", (version) => {
  const database = withDatabase(version);

  it("is its own and empty", async () => {
    expect(await database.query("select current_database() as name")).toEqual([{ name: database.database }]);
    expect(await database.query("select from pg_class where relnamespace = 'public'::regnamespace")).toEqual([]);
  });

  it("gives connections with their own name", async () => {
    const client = await database.connect({ application_name: "other" });
    const { rows } = await client.query(
      "select application_name as name from pg_stat_activity where pid = pg_backend_pid()",
    );
    await client.end();
    expect(rows).toEqual([{ name: "other" }]);
  });

  it("shows what was sent to it, of new sessions and in order", async () => {
    await database.query("select 'before'");
    const statements = await statementsDuring(database, async () => {
      const client = await database.connect({ application_name: "logged" });
      await client.query("select 1,\n  2");
      await client.query("select $1::text", ["value"]);
      await client.end();
    });
    expect(statements.map(({ application, sql }) => `${application}: ${sql}`)).toEqual([
      "logged: select 1,\n  2",
      "logged: select $1::text",
    ]);
  });

  it("is brought back to what was kept as often as wanted, with name, oid and owners, and without the sessions since", async () => {
    const seen = () =>
      database.query(`
        select d.datname, d.oid, d.datdba::regrole::text as owner, c.relname, c.oid as table_oid, c.relowner::regrole::text as table_owner
        from pg_database d, pg_class c
        where d.datname = current_database() and c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')`);
    await database.query("create table kept (n int); insert into kept values (1), (2)");
    const before = await seen();
    const restore = await database.keep();
    for (const round of ["first", "second"]) {
      const left = await database.connect({ application_name: round });
      const ended = new Promise((resolve) => left.on("error", resolve));
      await left.query("begin; insert into kept values (3); alter table kept add more text");
      await restore();
      expect(String(await ended)).toContain("terminating connection");
      await database.query("create table since (n int); drop table kept");
      await restore();
      expect(await seen()).toEqual(before);
      expect(await database.query("select * from kept order by n")).toEqual([{ n: 1 }, { n: 2 }]);
    }
  });
});
