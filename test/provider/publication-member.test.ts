import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { Deployment } from "../support/harness/deployment";
import { program } from "../support/harness/fixture";
import { named, preview, refresh, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { ddlOf, entryOf, list } from "./support";
import { itAlike } from "../support/sample";

const at = (publications: TableSpecArgs["publications"], changes: Partial<TableSpecArgs> = {}) =>
  program("2025-03-10T00:00:00Z", {
    window: { lead: "1 day", retention: "1 month" },
    indexes: {},
    ...(publications === undefined ? {} : { publications }),
    ...changes,
  });

describe.each(testVersions())("PostgreSQL %s, membership in a publication", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  const members = async () =>
    (
      await database.query<{ line: string }>(
        `select format('%s %s%s%s', p.pubname, m.prrelid::regclass,
           (select ' (' || string_agg(a.attname, ',' order by a.attnum) || ')' from pg_attribute a
            where a.attrelid = m.prrelid and a.attnum = any (m.prattrs::int2[])),
           ' where ' || pg_get_expr(m.prqual, m.prrelid)) as line
         from pg_publication p left join pg_publication_rel m on m.prpubid = p.oid order by 1`,
      )
    ).map(({ line }) => line.trim());

  /** One update that must succeed, and the DDL that the server was sent in it. */
  const sent = async (declared: ReturnType<typeof at>, stack = deployment) => {
    let error: string | undefined;
    const statements = await statementsDuring(database, async () => ({ error } = await up(database, stack, declared)));
    expect(error).toBeUndefined();
    return ddlOf(statements).filter((sql) => sql.includes("PUBLICATION"));
  };

  itAlike(version)(
    "of one that exists: the table is added to it, once, and nothing else of it is touched",
    async () => {
      await database.query("create publication supabase_realtime with (publish = 'insert, update, delete')");
      const declared = at(["supabase_realtime"]);
      expect(await sent(declared)).toEqual(['ALTER PUBLICATION "supabase_realtime" ADD TABLE "app"."events"']);
      expect(await members()).toEqual(["supabase_realtime app.events"]);
      expect(entryOf(deployment, "events-publication-supabase_realtime")).toMatchObject({
        id: "app.events#supabase_realtime",
        outputs: {
          implicit: false,
          made: false,
          viaPartitionRoot: false,
          publishes: ["insert", "update", "delete"],
        },
      });
      expect((await preview(database, deployment, declared)).steps).toEqual([]);
      expect((await up(database, deployment, declared)).steps).toEqual([]);
      expect(await refresh(database, deployment, declared)).toEqual([]);
      expect((await up(database, deployment, declared)).steps).toEqual([]);
      // With an empty state the membership is adopted.
      expect(await sent(declared, new Deployment())).toEqual([]);
    },
  );

  itAlike(version)("costs no statement more where nothing has changed", async () => {
    await database.query("create publication supabase_realtime");
    const counts: number[] = [];
    for (const declared of [at(undefined), at(["supabase_realtime"])]) {
      await up(database, deployment, declared);
      let steps: unknown;
      const statements = await statementsDuring(
        database,
        async () => ({ steps } = await preview(database, deployment, declared)),
      );
      expect(steps).toEqual([]);
      counts.push(statements.length);
    }
    expect(counts[1]).toBe(counts[0]);
  });

  itAlike(version)("is listed for import, of each table and publication", async () => {
    await database.query("create publication theirs");
    const declared = at({ theirs: true, ours: { create: true } });
    await up(database, deployment, declared);
    const { result } = await withPlugin(database, declared, (plugin) => list(plugin, "PublicationMember"));
    expect(result).toEqual(["app.events#ours", "app.events#theirs"]);
  });

  itAlike(version)(
    "of one that is missing: refused with both fixes, or created where the program declares it",
    async () => {
      const refused = await preview(database, deployment, at(["warehouse"]));
      expect(refused.error).toContain('publication "warehouse" does not exist in the database');
      expect(refused.error).toContain('CREATE PUBLICATION "warehouse"');
      const declared = at({ warehouse: { create: { publish: ["insert", "delete"] } } });
      const { messages } = await preview(database, deployment, declared);
      const create =
        'CREATE PUBLICATION "warehouse" FOR TABLE "app"."events" WITH (publish = \'insert, delete\', publish_via_partition_root = true)';
      expect(messages.join("\n")).toContain(
        `${create};  -- parent app.events SHARE UPDATE EXCLUSIVE | instant | lock_timeout 100 ms, tried again | REPLICATION`,
      );
      expect(await sent(declared)).toEqual([create]);
      expect((await preview(database, deployment, declared)).steps).toEqual([]);
      expect(entryOf(deployment, "events-publication-warehouse").outputs).toMatchObject({
        made: true,
        viaPartitionRoot: true,
        publishes: ["insert", "delete"],
      });
    },
  );

  itAlike(version)(
    "J01 a membership taken out by hand: refresh shows it, up adds it again, and the next one has nothing to do",
    async () => {
      await database.query("create publication supabase_realtime");
      const declared = at(["supabase_realtime"]);
      await up(database, deployment, declared);
      await database.query("alter publication supabase_realtime drop table app.events");
      // Without a refresh too: Check looks.
      expect((await preview(database, deployment, declared)).steps).toMatchObject([
        { op: "update", name: "events-publication-supabase_realtime", diff: ["member"] },
      ]);
      const result = await refresh(database, deployment, declared);
      expect(result).toEqual([deployment.urn("PublicationMember", "events-publication-supabase_realtime")]);
      expect(named((await up(database, deployment, declared)).steps)).toEqual([
        "create events-publication-supabase_realtime",
      ]);
      expect(await members()).toEqual(["supabase_realtime app.events"]);
      expect((await up(database, deployment, declared)).steps).toEqual([]);
    },
  );

  it("with row filter and column list: a change of either is a drop and an add in one transaction", async () => {
    const where = (text: string) =>
      at({ eu: { create: { publish: ["insert"] }, where: text, columns: ["id", "at", "note"] } });
    expect(await sent(where("note <> 'x' and id > 10"))).toHaveLength(1);
    expect(await members()).toEqual(["eu app.events (id,at,note) where ((note <> 'x'::text) AND (id > 10))"]);
    expect((await up(database, deployment, where("note <> 'x' and id > 10"))).steps).toEqual([]);
    const changed = where("note <> 'y'");
    expect(await sent(changed)).toEqual([
      'ALTER PUBLICATION "eu" DROP TABLE "app"."events"',
      'ALTER PUBLICATION "eu" ADD TABLE "app"."events" ("id", "at", "note") WHERE (note <> \'y\')',
    ]);
    expect((await preview(database, deployment, changed)).steps).toEqual([]);
    // Changed by hand: it is put back.
    await database.query("alter publication eu set table app.events (id, at) where (id > 3)");
    const result = await refresh(database, deployment, changed);
    expect(result).toHaveLength(1);
    expect(await sent(changed)).toHaveLength(2);
    expect(await members()).toEqual(["eu app.events (id,at,note) where (note <> 'y'::text)"]);
    expect((await up(database, deployment, changed)).steps).toEqual([]);
  });

  it("is imported, with filter and columns, and the next update has nothing to do", async () => {
    await database.query("create publication theirs with (publish_via_partition_root, publish = 'insert')");
    await up(database, deployment, at({ ours: { create: true }, theirs: { where: "id > 10", columns: ["id", "at"] } }));
    const declared = at({ ours: { create: true }, theirs: { where: "id > 10", columns: ["at", "id"] } });
    for (const name of ["ours", "theirs"]) {
      const urn = deployment.urn("PublicationMember", `events-publication-${name}`);
      const before = deployment.state.get(urn);
      deployment.state.delete(urn);
      const { result } = await withPlugin(database, declared, (plugin) => plugin.read(urn, `app.events#${name}`));
      expect(result).toBeDefined();
      if (!result || !before) continue;
      deployment.state.set(urn, { ...before, ...result });
    }
    expect(entryOf(deployment, "events-publication-theirs").inputs).toEqual({
      schema: "app",
      table: "events",
      publication: "theirs",
      where: "id > 10",
      columns: ["id", "at"],
    });
    expect((await up(database, deployment, declared)).steps).toEqual([]);
    await refresh(database, deployment, declared);
    expect((await up(database, deployment, declared)).steps).toEqual([]);
  });
});
