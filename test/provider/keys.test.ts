import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { asSuperuser, testVersions, withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { preview, refresh, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { entryOf, inputsOf, partitions, nothingLeft } from "./support";
import { itAlike, firstOn } from "../support/sample";

const base = { id: "bigint", at: "timestamptz", note: { type: "text", nullable: true } } as const;
const at = (asOf: string, changes: Partial<TableSpecArgs> = {}) =>
  program(asOf, { columns: base, indexes: {}, window: { lead: "1 month", retention: "1 month" }, ...changes });

describe.each(testVersions())("PostgreSQL %s, keys and sequences", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  const apply = async (next: ReturnType<typeof at>): Promise<void> =>
    expect((await up(database, deployment, next)).error).toBeUndefined();
  const sequences = () =>
    database.query(
      "select c.relname as name from pg_class c where relkind = 'S' and relnamespace = 'app'::regnamespace",
    );

  it.each(firstOn(version, ["always", "by default"] as const))(
    "identity %s: one sequence for all partitions, whatever becomes of them",
    async (identity) => {
      const columns = { ...base, id: { type: "bigint", identity } };
      const declare = (asOf: string) => at(asOf, { columns, grace: "none" });
      await apply(declare("2025-03-10T00:00:00Z"));
      await nothingLeft(database, deployment, declare("2025-03-10T00:00:00Z"));
      await database.query(
        "insert into app.events (at) select timestamptz '2025-02-05' + n * interval '1 month' from generate_series(0, 2) n",
      );
      // A partition that somebody made by hand long before, with rows of its own.
      await database.query(`create table app.by_hand (like app.events including defaults including constraints, primary key (id, at));
      insert into app.by_hand values (1000, '2025-05-05', 'old')`);
      await database.query(
        "alter table app.events attach partition app.by_hand for values from ('2025-05-01 00:00+00') to ('2025-06-01 00:00+00')",
      );
      await apply(declare("2025-04-10T00:00:00Z"));
      expect(await partitions(database)).toEqual(["events_p2025_03", "events_p2025_04", "by_hand"]);
      const [next] = await database.query<{ id: string }>(
        "insert into app.events (at) values ('2025-05-06') returning id",
      );
      expect(next).toEqual({ id: "4" });
      // Up to 16 only the table has the identity; from 17 on its partitions have it too.
      const direct = database.query("insert into app.events_p2025_04 (at) values ('2025-04-06') returning id");
      if (version < 17) await expect(direct).rejects.toMatchObject({ code: "23502" });
      else expect(await direct).toEqual([{ id: "5" }]);
      // February was detached and dropped; its sequence is that of the table.
      expect(await sequences()).toEqual([{ name: "events_id_seq" }]);
      await database.query("insert into app.events (at) values ('2025-04-07')");
    },
  );

  itAlike(version)("a partition with identity that was detached comes back with its rows", async () => {
    const columns = { ...base, id: { type: "bigint", identity: "by default" as const } };
    const declare = (asOf: string, retention: "1 month" | "2 months" = "1 month") =>
      at(asOf, { columns, window: { lead: "1 month", retention } });
    await apply(declare("2025-03-10T00:00:00Z"));
    await database.query("insert into app.events (at) values ('2025-02-05')");
    await apply(declare("2025-04-10T00:00:00Z"));
    expect(await partitions(database)).not.toContain("events_p2025_02");
    await apply(declare("2025-04-10T00:00:00Z", "2 months"));
    expect(await database.query("select id from app.events where at < '2025-03-01'")).toEqual([{ id: "1" }]);
    expect(await database.query("insert into app.events (at) values ('2025-02-06') returning id")).toEqual([
      { id: "2" },
    ]);
  });

  itAlike(version)(
    "serial: partitions take their values from the table's sequence, and dropping one leaves it",
    async () => {
      const declare = (asOf: string) => at(asOf, { columns: { ...base, id: "bigserial" }, grace: "none" });
      await apply(declare("2025-03-10T00:00:00Z"));
      await database.query(
        "insert into app.events (at) values ('2025-02-05'); insert into app.events_p2025_03 (at) values ('2025-03-05')",
      );
      await apply(declare("2025-04-10T00:00:00Z"));
      expect(await database.query("select to_regclass('app.events_p2025_02') as gone")).toEqual([{ gone: null }]);
      expect(await database.query("select pg_get_serial_sequence('app.events', 'id') as sequence")).toEqual([
        { sequence: "app.events_id_seq" },
      ]);
      expect(await database.query("insert into app.events_p2025_05 (at) values ('2025-05-05') returning id")).toEqual([
        { id: "3" },
      ]);
      // Its default was taken away by hand: the sequence is still there, and comes back.
      await database.query("alter table app.events alter id drop default");
      await refresh(database, deployment, declare("2025-04-10T00:00:00Z"));
      await apply(declare("2025-04-10T00:00:00Z"));
      expect(await database.query("insert into app.events (at) values ('2025-05-06') returning id")).toEqual([
        { id: "4" },
      ]);
    },
  );

  const author = { ...base, author: { type: "bigint", nullable: true } };
  const foreignKeys = {
    events_author: {
      columns: ["author"],
      references: { schema: "app", table: "users", columns: ["id"] },
      onDelete: "cascade" as const,
    },
  };
  const users = "create table app.users (id bigint primary key); insert into app.users select generate_series(1, 100)";
  const rows = `insert into app.events select n, timestamptz '2025-02-02' + n * interval '12 minutes', 'x', n % 100 + 1 from generate_series(1, 10000) n;
    analyze app.events`;

  /** Reads of each partition: `events_p2025_02 index=1 whole=0`. */
  async function scans(): Promise<string[]> {
    await database.query("select pg_stat_force_next_flush()");
    const found = await database.query<{ line: string }>(
      `select format('%s index=%s whole=%s', s.relname, sign(coalesce(s.idx_scan, 0)), sign(s.seq_scan)) as line
       from pg_stat_user_tables s join pg_inherits i on i.inhrelid = s.relid where i.inhparent = 'app.events'::regclass order by 1`,
    );
    return found.map(({ line }) => line);
  }

  itAlike(version)(
    "a cascading delete reaches every partition by the index, and a preview warns if none exists",
    async () => {
      await database.query(users);
      const bare = at("2025-03-10T00:00:00Z", { columns: author, foreignKeys });
      const warned = await preview(database, deployment, bare);
      expect(warned.messages.join("\n")).toContain(
        'table "app.events": no index begins with (author) of the foreign key "events_author": each delete or change of key in app.users reads every partition',
      );
      const indexed = at("2025-03-10T00:00:00Z", {
        columns: author,
        foreignKeys,
        indexes: { by_author: { columns: ["author", "at"] } },
      });
      expect((await preview(database, deployment, indexed)).messages.join("\n")).not.toContain("no index begins with");
      await apply(indexed);
      await database.query(rows);
      await database.query("select pg_stat_reset()");
      const other = await database.connect();
      await other.query("delete from app.users where id = 7");
      await other.query("select pg_stat_force_next_flush()");
      await other.end();
      expect(await database.query("select from app.events where author = 7")).toEqual([]);
      expect(await scans()).toEqual([
        "events_p2025_02 index=1 whole=0",
        "events_p2025_03 index=1 whole=0",
        "events_p2025_04 index=1 whole=0",
      ]);
    },
  );

  it("detach and drop show the locks of a foreign key, and the drop leaves nothing of it behind", async () => {
    await database.query(users);
    const declare = (asOf: string) =>
      at(asOf, { columns: author, foreignKeys, indexes: { by_author: { columns: ["author"] } }, grace: "none" });
    await apply(declare("2025-03-10T00:00:00Z"));
    const text = (await preview(database, deployment, declare("2025-04-10T00:00:00Z"))).messages.join("\n");
    expect(text).toMatch(
      /DETACH PARTITION "app"."events_p2025_02" CONCURRENTLY;  -- .*referenced app.users SHARE ROW EXCLUSIVE.*LOCK_REF_WRITE/,
    );
    expect(text).toMatch(
      /DROP TABLE "app"."events_p2025_02";  -- .*referenced app.users ACCESS EXCLUSIVE.*LOCK_REF_AX/,
    );
    expect(text).toMatch(
      /ATTACH PARTITION "app"."events_p2025_05" .*referenced app.users SHARE ROW EXCLUSIVE.*LOCK_REF_WRITE/,
    );
    await apply(declare("2025-04-10T00:00:00Z"));
    const triggers = await database.query<{ n: number }>(
      "select count(*)::int as n from pg_trigger t where t.tgrelid = 'app.users'::regclass and t.tgconstrrelid = 0",
    );
    expect(triggers).toEqual([{ n: 0 }]);
    await nothingLeft(database, deployment, declare("2025-04-10T00:00:00Z"));
  });

  itAlike(version)(
    "the plan shows policies the connected role, the key, and the first columns of indexes",
    async () => {
      const next = at("2025-03-10T00:00:00Z", { columns: author, indexes: { by_author: { columns: ["author"] } } });
      const facts = async (as: { readonly url: string } = database) => {
        const { result } = await withPlugin(as, next, async (plugin) => {
          for (const name of ["events-table", "events-by_author"])
            await plugin.check(
              `urn:pulumi:test::faults::pgpartition:index:${name.endsWith("table") ? "Table" : "Index"}::${name}`,
              undefined,
              inputsOf(next, name),
            );
          const { inputs } = await plugin.check(
            deployment.urn("PartitionWindow", "events-window"),
            undefined,
            inputsOf(next, "events-window"),
          );
          return inputs["plan"];
        });
        return result;
      };
      const expected = {
        role: { name: database.user, superuser: database.user === database.superuser.user },
        keyKind: "timestamptz",
      };
      // Before the table is there the index is among those that are declared.
      expect(await facts()).toMatchObject({ role: expected.role });
      expect(await facts(asSuperuser(database))).toMatchObject({ role: { name: "postgres", superuser: true } });
      await apply(next);
      expect(entryOf(deployment, "events-window").inputs["plan"]).toMatchObject({
        ...expected,
        leadingColumns: ["author", "id"],
      });
    },
  );

  itAlike(version).each([
    [{ primaryKey: ["id"] }, "primaryKey"],
    [{ uniques: { one: ["note"] } }, "uniques.one"],
    [{ indexes: { one: { columns: ["note"], unique: true } } }, "indexes.one.columns"],
  ])(
    "a unique key without the partition key is refused with the columns to add and what becomes of ON CONFLICT: %j",
    (changes, path) => {
      expect(() => inputsOf(at("2025-03-10T00:00:00Z", changes), "events-table")).toThrow(
        new RegExp(
          `${path}: .*lacks the partition key "at".*Declare it \\("\\w+", "at"\\).*ON CONFLICT has to name all of`,
        ),
      );
    },
  );
});
