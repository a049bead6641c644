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
});
