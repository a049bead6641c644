import { beforeEach, describe, expect, it } from "vitest";
import { partmanScript } from "../../bench/support/partman";
import { partitions } from "../provider/support";
import { apply } from "../schedule/support";
import { testVersions, withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { skipBecause } from "../support/skip";

const march = program("2025-03-10T00:00:00Z", { window: { lead: "1 month", retention: "1 month" } });
const april = program("2025-04-10T00:00:00Z", { window: { lead: "1 month", retention: "1 month" } });
const refusal = [
  '"app.events" is managed by pg_partman as well: "partman".part_config has a row for it.',
  `DELETE FROM "partman".part_config WHERE parent_table = 'app.events'`,
  "pgpartition release app.events",
];

describe("a database with pg_partman", () => {
  const database = withDatabase(testVersions()[0]);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    await database.query("drop schema if exists partman cascade");
  });

  it("C10 pg_partman manages the table too: refused in preview and up, with both fixes; let go of there, it is adopted", async () => {
    await database.query(
      "create schema partman; create table partman.part_config (parent_table text primary key, control text)",
    );
    await apply(database, deployment, march);
    await database.query("insert into partman.part_config values ('app.others', 'at')");
    expect((await preview(database, deployment, march)).error).toBeUndefined();
    await database.query("insert into partman.part_config values ('app.events', 'at')");
    const before = await partitions(database);
    for (const run of [await preview(database, deployment, march), await up(database, deployment, march)])
      for (const text of refusal) expect(run.error).toContain(text);
    expect(await partitions(database)).toEqual(before);
    await database.query("delete from partman.part_config where parent_table = 'app.events'");
    expect(await apply(database, deployment, march)).toEqual([]);
  });

  it("C10 a role that may not look into pg_partman is told where a table is managed for the first time, with the GRANTs", async () => {
    await database.query(`create schema partman; create table partman.part_config (parent_table text primary key);
      alter schema partman owner to postgres; alter table partman.part_config owner to postgres;
      create table app.events (id bigint not null, at timestamptz not null, note text, primary key (id, at)) partition by range (at)`);
    const told =
      /pg_partman .* is unknown.*GRANT USAGE ON SCHEMA "partman" TO "(\w+)"; GRANT SELECT ON "partman"."part_config"/;
    const text = (await preview(database, deployment, march)).messages.join("\n");
    expect(told.exec(text)?.[1]).toBe(database.user);
    await database.query(
      `grant usage on schema partman to ${database.user}; grant select on partman.part_config to ${database.user}`,
    );
    expect((await preview(database, deployment, march)).messages.join("\n")).not.toMatch(told);
    await apply(database, deployment, march);
    await database.query(`revoke all on schema partman from ${database.user}`);
    expect((await preview(database, deployment, april)).messages.join("\n")).not.toMatch(told);
  });

  it("C10 a table that the real pg_partman created is refused, and adopted with its partitions once it has let go", async (context) => {
    const partman = await partmanScript();
    if ("reason" in partman) return skipBecause(context, partman.reason);
    await database.query(partman.sql);
    await database.query(`create table app.events (id bigint not null, at timestamptz not null, note text, primary key (id, at))
      partition by range (at)`);
    await database.query(
      `select partman.create_parent('app.events', 'at', 'native', 'monthly', p_start_partition := '2025-02-01', p_premake := 1)`,
    );
    await database.query("drop table app.events_default");
    const found = await partitions(database);
    expect(found).toContain("events_p2025_03");
    for (const run of [await preview(database, deployment, march), await up(database, deployment, march)])
      for (const text of refusal) expect(run.error).toContain(text);
    await database.query("delete from partman.part_config");
    await apply(database, deployment, march);
    expect(await partitions(database)).toEqual(expect.arrayContaining(found));
  });
});
