// What a conversion would silently lose or break for others, refused before anything is made: subscribers and publications.
import { beforeEach, describe, expect, it } from "vitest";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import { preview, up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { withDeployment } from "../support/harness/with-deployment";
import { itAlike } from "../support/sample";

describe.each(testVersions())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const attaching = conversionProgram();
  const copying = conversionProgram({ convertFrom: { strategy: "copy" } });

  beforeEach(async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(`
      create table app.events (id bigint primary key, at timestamptz not null, note text);
      insert into app.events select n, timestamptz '2025-01-01 00:00+00' + n * interval '20 minutes', 'note ' || n from generate_series(1, 5000) n;`);
    return async () => {
      await database.query("drop publication if exists everything");
      await database.query("drop subscription if exists incoming");
    };
  });

  const relations = () =>
    database.query("select relname from pg_class where relnamespace = 'app'::regnamespace order by relname");
  const isPlain = async () => {
    const [row] = await database.query<{ kind: string }>(
      "select relkind as kind from pg_class where oid = 'app.events'::regclass",
    );
    return row?.kind === "r";
  };

  itAlike(version).each([
    ["attach", attaching],
    ["copy", copying],
  ])(
    "S6 a table that a subscription writes to is refused by %s, with its name, and nothing is made",
    async (_, program) => {
      await database.query(`
      create subscription incoming connection 'host=nowhere dbname=none' publication p with (connect = false, slot_name = none, enabled = false)`);
      await database.query(
        "insert into pg_subscription_rel (srsubid, srrelid, srsubstate) select oid, 'app.events'::regclass, 'r' from pg_subscription where subname = 'incoming'",
      );
      const before = await relations();
      for (const run of [await preview(database, deployment, program), await up(database, deployment, program)])
        expect(run.error).toMatch(/"incoming".*writes/s);
      expect(await relations()).toEqual(before);
      expect(await isPlain()).toBe(true);
    },
  );

  it.each([
    ["for all tables", "publishes all tables"],
    ["for tables in schema app", 'publishes every table of schema "app"'],
  ])("S7 a publication %s is refused by copy before anything is made, and not by attach", async (what, said) => {
    await database.query(`create publication everything ${what}`);
    const before = await relations();
    for (const run of [await preview(database, deployment, copying), await up(database, deployment, copying)])
      expect(run.error).toContain(`publication "everything" ${said}: its subscribers would receive the copy`);
    expect(await relations()).toEqual(before);
    expect((await up(database, deployment, attaching)).error).toBeUndefined();
    expect(await isPlain()).toBe(false);
  });

  itAlike(version)(
    "S7 a publication for all tables that comes while rows are copied: nothing is swapped, and it goes on without it",
    async () => {
      const stop = stopAt("after copying blocks of app.events");
      const run = up(database, deployment, copying, { env: stop.env });
      await stop.reached();
      await database.query("create publication everything for all tables");
      stop.goOn();
      expect((await run).error).toContain('publication "everything" publishes all tables');
      expect(await isPlain()).toBe(true);
      await database.query("drop publication everything");
      expect((await up(database, deployment, copying)).error).toBeUndefined();
      expect(await isPlain()).toBe(false);
    },
  );

  itAlike(version).each([
    ["attach, of its rows", attaching, "table app.events where (id > 0)"],
    ["copy, of its rows", copying, "table app.events where (id > 0)"],
    ["copy, of its columns", copying, "table app.events (id, at)"],
  ])(
    "S7 a part that partitions cannot be published by is refused by %s, with the setting",
    async (_, program, what) => {
      await database.query(`create publication everything for ${what} with (publish_via_partition_root = false)`);
      for (const run of [await preview(database, deployment, program), await up(database, deployment, program)])
        expect(run.error).toMatch(
          /publication "everything" publishes a part of its rows or columns, .*publish_via_partition_root = true/s,
        );
      expect(await isPlain()).toBe(true);
    },
  );

  itAlike(version).each([
    ["attach", false, attaching],
    ["attach", true, attaching],
    ["copy", false, copying],
    ["copy", true, copying],
  ])(
    "S7 after %s, published via the root: %s: every partition has the replica identity, and no write of a published row fails",
    async (_, viaRoot, program) => {
      await database.query(`
      alter table app.events replica identity full;
      create publication everything for table app.events with (publish_via_partition_root = ${String(viaRoot)})`);
      expect((await up(database, deployment, program)).error).toBeUndefined();
      await database.query("insert into app.events values (9001, '2025-04-05', 'new')");
      const identities = await database.query(
        "select distinct c.relreplident as identity from pg_partition_tree('app.events') t join pg_class c on c.oid = t.relid",
      );
      expect(identities).toEqual([{ identity: "f" }]);
      // PostgreSQL refuses these where a published partition could not name the row.
      await database.query("update app.events set note = 'later'");
      await database.query("delete from app.events where id % 2 = 0");
      const published = await database.query<{ name: string }>(
        "select tablename as name from pg_publication_tables where pubname = 'everything' order by 1",
      );
      expect(published.map(({ name }) => name).includes("events")).toBe(viaRoot);
      expect(published.map(({ name }) => name)).not.toContain("events_legacy");
      expect((await preview(database, deployment, program)).steps).toEqual([]);
    },
  );
});
