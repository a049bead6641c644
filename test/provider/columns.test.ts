import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions } from "../support/database";
import { Deployment } from "../support/harness/deployment";
import { left, program } from "../support/harness/fixture";
import { planWhole, preview, up, withPlugin } from "../support/harness/rounds";
import { startAgain } from "../support/harness/with-deployment";
import { asOf, everywhere } from "./changed-table";
import { base, declare, withColumns } from "./columns-support";
import { inputsOf, nothingLeft } from "./support";
import { itAlike } from "../support/sample";

describe.each(testVersions())("PostgreSQL %s, columns over time", (version) => {
  const { database, deployment, change, refresh, files, column } = withColumns(version);

  it("adds columns without rewriting a partition: nullable, with a constant, with the time of the change", async () => {
    const before = await files();
    const { text } = await change(
      declare({
        ...base,
        level: { type: "varchar(10)", nullable: true, comment: "how loud it's" },
        amount: { type: "numeric(8,2)", default: "0" },
        seen: { type: "timestamptz", default: "now()" },
      }),
    );
    expect(await files()).toEqual(before);
    expect(await column("level")).toEqual(everywhere("character varying(10)"));
    expect(await column("amount")).toEqual(everywhere("numeric(8,2) not null default 0"));
    expect(await column("seen")).toEqual(everywhere("timestamp with time zone not null default now()"));
    expect(
      await database.query("select count(*)::int as n from app.events where amount = 0 and seen is not null"),
    ).toEqual([{ n: 1000 }]);
    expect(await database.query("select col_description('app.events'::regclass, 4) as comment")).toEqual([
      { comment: "how loud it's" },
    ]);
    expect(text).toMatch(
      /LOCK TABLE "app"."events" IN ACCESS EXCLUSIVE MODE;  -- .*events_p2025_02 ACCESS EXCLUSIVE.*LOCK_PARENT_AX x4/,
    );
  });

  itAlike(version)("the partitions of the next months have the columns too", async () => {
    const columns = { ...base, amount: { type: "numeric(8,2)", default: "0" } };
    await change(declare(columns));
    expect((await up(database, deployment, program("2025-04-10T00:00:00Z", { columns }))).error).toBeUndefined();
    expect(await column("amount")).toContain("events_p2025_05 numeric(8,2) not null default 0");
  });

  itAlike(version).each([
    ["a volatile default", { type: "uuid", default: "gen_random_uuid()" }, /gen_random_uuid\(\) is volatile/],
    ["a serial", "bigserial", /each row gets a number of a sequence/],
    ["an identity", { type: "bigint", identity: "always" as const }, /each row gets a number of a sequence/],
    [
      "a domain with a constraint",
      { type: "app.positive", nullable: true },
      /app.positive is a domain with constraints/,
    ],
    ["existing rows would have no value", "bigint", /NOT NULL without a default: existing rows would have no value/],
  ])("refuses a column with %s, in preview too, and changes nothing", async (_, extra, words) => {
    await database.query("create domain app.positive as int check (value > 0)");
    const before = (await left(database)).dump;
    for (const run of [preview, up]) {
      const { error } = await run(database, deployment, declare({ ...base, extra }));
      expect(error).toMatch(words);
      expect(error).toContain("columns.extra");
    }
    expect((await left(database)).dump).toBe(before);
  });

  itAlike(version)("drops a column only when its name is confirmed, and says that its values are gone", async () => {
    await change(declare({ ...base, old: { type: "text", nullable: true } }));
    const refused = await up(database, deployment, declare(base));
    expect(refused.error).toMatch(/column "old" \(text\) that is not declared.*dropColumns: \["old"\]/);
    // Policies judge the window's plan: what its table is about to lose stands there too.
    const planned = await withPlugin(database, { asOf }, async (plugin) => {
      await deployment.preview(plugin, declare(base, { dropColumns: ["old"] }));
      const window = inputsOf(declare(base), "events-window");
      return (await plugin.check(deployment.urn("PartitionWindow", "events-window"), undefined, window)).inputs["plan"];
    });
    expect(planned.result).toMatchObject({ hazards: ["LOCK_PARENT_AX", "DELETES_DATA"] });
    const { text } = await change(declare(base, { dropColumns: ["old"] }));
    expect(text).toMatch(/DROP COLUMN "old";  -- .*DELETES_DATA/);
    expect(await column("old")).toEqual([]);
    // The confirmation may go afterwards.
    expect((await up(database, deployment, declare(base))).error).toBeUndefined();
    expect((await preview(database, deployment, declare(base))).steps).toEqual([]);
  });

  itAlike(version)("refuses to drop a column that something uses, and names all of it", async () => {
    const columns = { ...base, tenant: { type: "text", nullable: true } };
    await change(
      declare(columns, {
        checks: { tenant_known: "tenant <> ''" },
        indexes: { by_note: { columns: ["note"] }, by_tenant: { columns: ["tenant"] } },
      }),
    );
    await database.query(`create view app.tenants as select tenant from app.events;
      alter table app.events enable row level security;
      create policy own on app.events using (tenant = current_user);
      create index only_here on app.events_p2025_02 (lower(tenant))`);
    const run = await up(database, deployment, declare(base, { dropColumns: ["tenant"] }));
    for (const use of [
      'index "events_by_tenant" of app.events',
      'policy "own" of app.events',
      "view app.tenants",
      'index "only_here" of app.events_p2025_02',
    ])
      expect(run.error).toContain(use);
    // The check leaves in the same update, and is in nobody's way.
    expect(run.error).not.toContain("tenant_known");
    expect(await column("tenant")).toHaveLength(4);
  });

  it("an imported table shows no difference to its program, defaults, checks and comments in its words", async () => {
    const columns = {
      ...base,
      id: "bigserial",
      state: { type: "text", default: "'new'", comment: "of the order" },
      amount: { type: "numeric(8,2)", default: "0" },
    };
    const checks = { known: "state in ('new', 'old')", positive: "amount >= 0" };
    await startAgain(database, deployment);
    const declared = declare(columns, { checks });
    expect((await up(database, deployment, declared)).error).toBeUndefined();
    const imported = new Deployment();
    await withPlugin(database, declared, async (plugin) => {
      for (const entry of deployment.state.values()) {
        const known = entry.type === "Table" ? await plugin.read(entry.urn, entry.id) : entry;
        if (known !== undefined) imported.state.set(entry.urn, { ...entry, ...known });
      }
    });
    expect((await preview(database, imported, declared)).steps).toEqual([]);
    expect((await up(database, imported, declared)).steps).toEqual([]);
  });

  itAlike(version)(
    "a partition that was away while the table changed comes back with its rows, its columns and its constraints",
    async () => {
      const months = (asOf: string, retention: "1 month" | "2 months", changes: Partial<TableSpecArgs> = {}) =>
        program(asOf, { columns: before, indexes: {}, window: { lead: "1 month", retention }, ...changes });
      const before = { ...base, old: { type: "text", nullable: true } } as const;
      await database.query("create table app.users (id bigint primary key); insert into app.users values (1)");
      await up(database, deployment, months(asOf, "1 month"));
      expect((await up(database, deployment, months("2025-04-10T00:00:00Z", "1 month"))).error).toBeUndefined();
      const changed = {
        columns: {
          ...base,
          note: "text",
          amount: { type: "int", default: "0" },
          author: { type: "bigint", default: "1" },
        },
        dropColumns: ["old"],
        checks: { known: "note <> 'never'" },
        foreignKeys: {
          events_author: { columns: ["author"], references: { schema: "app", table: "users", columns: ["id"] } },
        },
        indexes: { by_author: { columns: ["author"] } },
      };
      expect(
        (await up(database, deployment, months("2025-04-10T00:00:00Z", "1 month", changed))).error,
      ).toBeUndefined();
      expect((await column("amount")).join()).not.toContain("p2025_02");
      const back = months("2025-04-10T00:00:00Z", "2 months", changed);
      expect((await up(database, deployment, back)).error).toBeUndefined();
      expect(await column("amount")).toContain("events_p2025_02 integer not null default 0");
      expect(await column("note")).toContain("events_p2025_02 text not null");
      expect(await column("old")).toEqual([]);
      expect(
        await database.query(
          "select count(*)::int as n from app.events where at < '2025-03-01' and amount = 0 and author = 1",
        ),
      ).toEqual([{ n: 623 }]);
      await nothingLeft(database, deployment, back);
    },
  );

  itAlike(version)("partitions of every branch are changed, and read one by one", async () => {
    const branched = (changes: Partial<TableSpecArgs> = {}) =>
      program(asOf, {
        table: "branched",
        columns: { ...base, tenant: "text" },
        primaryKey: ["id", "tenant", "at"],
        partitionBy: [{ list: "tenant", values: ["a", "b"] }, { range: "at" }],
        indexes: {},
        window: { lead: "1 month", retention: "1 month" },
        ...changes,
      });
    deployment.state.clear();
    await database.query("create table app.users (id bigint primary key); insert into app.users values (1)");
    expect((await up(database, deployment, branched())).error).toBeUndefined();
    await database.query("insert into app.branched values (1, '2025-03-05', 'x', 'a'), (2, '2025-03-05', 'x', 'b')");
    const next = branched({
      columns: { ...base, tenant: "text", note: "text", author: { type: "bigint", default: "1" } },
      checks: { known: "note <> 'never'" },
      foreignKeys: { author: { columns: ["author"], references: { schema: "app", table: "users", columns: ["id"] } } },
      indexes: { by_author: { columns: ["author"] } },
    });
    // The table, two branches, six partitions.
    expect(await planWhole(database, deployment, next)).toMatch(
      /LOCK TABLE "app"."branched" .*8 partitions ACCESS EXCLUSIVE.*LOCK_PARENT_AX x9/,
    );
    expect((await up(database, deployment, next)).error).toBeUndefined();
    expect(await column("author")).toHaveLength(9);
    expect((await column("note")).filter((line) => line.startsWith("branched") && !line.endsWith("not null"))).toEqual(
      [],
    );
    const [keys] = await database.query<{ n: number; valid: boolean }>(
      "select count(*)::int as n, bool_and(convalidated) as valid from pg_constraint where conname = 'author' and contype = 'f'",
    );
    expect(keys).toEqual({ n: 9, valid: true });
    await nothingLeft(database, deployment, next);
  });

  itAlike(version)("a table whose columns another tool owns is left alone, whatever they are", async () => {
    const foreign = program(asOf, { table: "owned", indexes: {} });
    const { columns: _columns, primaryKey: _key, ...rest } = foreign.tables["events"] ?? {};
    const owned = { ...foreign, tables: { owned: rest as never } };
    await database.query("create table app.owned (id bigint, at timestamptz not null, x int) partition by range (at)");
    deployment.state.clear();
    expect((await up(database, deployment, owned)).error).toBeUndefined();
    await database.query("alter table app.owned add column y int, drop column x");
    await refresh();
    expect((await up(database, deployment, owned)).steps).toEqual([]);
  });
});
