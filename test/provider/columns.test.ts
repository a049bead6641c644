import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { Deployment } from "../support/harness/deployment";
import { left, program, reset } from "../support/harness/fixture";
import { endPlugins } from "../support/harness/plugin";
import { named, preview, type Run, up, withPlugin } from "../support/harness/rounds";
import { statementsDuring } from "../support/statement-log";
import { changesOf, inputsOf, nothingLeft } from "./support";
import { closeAll } from "./wire-support";

afterEach(endPlugins);
afterAll(closeAll);

const asOf = "2025-03-10T00:00:00Z";
const base = { id: "bigint", at: "timestamptz", note: { type: "text", nullable: true } } as const;
const declare = (columns: TableSpecArgs["columns"], changes: Partial<TableSpecArgs> = {}) =>
  program(asOf, { columns: columns ?? base, ...changes });

describe.each(testVersions())("PostgreSQL %s, columns over time", (version) => {
  const database = withDatabase(version);
  let deployment: Deployment;

  beforeEach(async () => {
    await reset(database);
    deployment = new Deployment();
    expect((await up(database, deployment, declare(base))).error).toBeUndefined();
    await database.query(
      "insert into app.events select n, timestamptz '2025-02-03' + n * interval '1 hour', 'x' from generate_series(1, 1000) n",
    );
  });

  const refresh = async () => (await withPlugin(database, { asOf }, (plugin) => deployment.refresh(plugin))).result;

  /** The files of every partition and its indexes: another one means that it was written anew. */
  async function files(): Promise<string[]> {
    const rows = await database.query<{ line: string }>(
      `select c.relname || ' ' || c.relfilenode as line from pg_class c
       where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'i') order by 1`,
    );
    return rows.map(({ line }) => line);
  }

  /** `app.events note text null default` of the table and each partition. */
  async function column(name: string): Promise<string[]> {
    const rows = await database.query<{ line: string }>(
      `select format('%s %s%s%s', c.relname, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then ' not null' end,
         ' default ' || pg_get_expr(d.adbin, d.adrelid)) as line
       from pg_class c join pg_attribute a on a.attrelid = c.oid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
       where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and a.attname = $1 and not a.attisdropped
       order by c.relname`,
      [name],
    );
    return rows.map(({ line }) => line);
  }

  const each = (text: string) =>
    ["events", "events_p2025_02", "events_p2025_03", "events_p2025_04"].map((name) => `${name} ${text}`);

  /** Changes the table, and expects what preview printed to be what ran, and nothing to be left to do. */
  async function change(next: ReturnType<typeof declare>): Promise<{ readonly sent: string[]; readonly text: string }> {
    const shown = await preview(database, deployment, next);
    expect(shown.error).toBeUndefined();
    let run: Run | undefined;
    const sent = changesOf(
      await statementsDuring(database, async () => void (run = await up(database, deployment, next))),
    );
    expect(run?.error).toBeUndefined();
    const text = shown.messages.join("\n");
    for (const sql of sent) expect(text).toContain(`${sql};  --`);
    await nothingLeft(database, deployment, next);
    return { sent, text };
  }

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
    expect(await column("level")).toEqual(each("character varying(10)"));
    expect(await column("amount")).toEqual(each("numeric(8,2) not null default 0"));
    expect(await column("seen")).toEqual(each("timestamp with time zone not null default now()"));
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

  it("the partitions of the next months have the columns too", async () => {
    const columns = { ...base, amount: { type: "numeric(8,2)", default: "0" } };
    await change(declare(columns));
    expect((await up(database, deployment, program("2025-04-10T00:00:00Z", { columns }))).error).toBeUndefined();
    expect(await column("amount")).toContain("events_p2025_05 numeric(8,2) not null default 0");
  });

  it.each([
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

  it("drops a column only when its name is confirmed, and says that its values are gone", async () => {
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

  it("refuses to drop a column that something uses, and names all of it", async () => {
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

  it("sets, changes and drops a default without touching a row", async () => {
    const before = await files();
    await change(declare({ ...base, note: { type: "text", nullable: true, default: "'new'" } }));
    expect(await column("note")).toEqual(each("text default 'new'::text"));
    await change(declare({ ...base, note: { type: "text", nullable: true, default: "upper('newer')" } }));
    expect(await column("note")).toEqual(each("text default upper('newer'::text)"));
    await change(declare(base));
    expect(await column("note")).toEqual(each("text"));
    expect(await files()).toEqual(before);
  });

  it("makes a column NOT NULL by a CHECK that is validated partition by partition, and nullable again", async () => {
    const before = await files();
    const { sent } = await change(declare({ ...base, note: "text" }));
    expect(await column("note")).toEqual(each("text not null"));
    expect(await files()).toEqual(before);
    expect(sent.map((sql) => sql.replace(/"app"\./g, ""))).toEqual([
      'LOCK TABLE "events" IN ACCESS EXCLUSIVE MODE',
      'ALTER TABLE "events" ADD CONSTRAINT "events_note_filled" CHECK ("note" IS NOT NULL) NOT VALID',
      'ALTER TABLE "events_p2025_02" VALIDATE CONSTRAINT "events_note_filled"',
      'ALTER TABLE "events_p2025_03" VALIDATE CONSTRAINT "events_note_filled"',
      'ALTER TABLE "events_p2025_04" VALIDATE CONSTRAINT "events_note_filled"',
      'ALTER TABLE "events" VALIDATE CONSTRAINT "events_note_filled"',
      'LOCK TABLE "events" IN ACCESS EXCLUSIVE MODE',
      'ALTER TABLE "events" ALTER COLUMN "note" SET NOT NULL',
      'LOCK TABLE "events" IN ACCESS EXCLUSIVE MODE',
      'ALTER TABLE "events" DROP CONSTRAINT "events_note_filled"',
    ]);
    await change(declare(base));
    expect(await column("note")).toEqual(each("text"));
  });

  it("a row without a value keeps a column nullable: it is named, and the table is as it was", async () => {
    await database.query("insert into app.events values (5000, '2025-03-05', null)");
    await database.query("analyze app.events_p2025_03");
    const before = (await left(database)).dump;
    const next = declare({ ...base, note: "text" });
    const shown = await preview(database, deployment, next);
    expect(shown.messages.join("\n")).toMatch(
      /by the last ANALYZE about \d+ rows of app.events_p2025_03 have no "note"/,
    );
    const run = await up(database, deployment, next);
    expect(run.error).toMatch(/"events_note_filled" of relation "events_p2025_03" is violated.*reverted/s);
    expect((await left(database)).dump).toBe(before);
    await database.query("update app.events set note = '' where note is null");
    await change(next);
  });

  it("makes a type wider where PostgreSQL rewrites nothing", async () => {
    const narrow = {
      ...base,
      code: { type: "varchar(5)", nullable: true },
      price: { type: "numeric(6,2)", nullable: true },
    };
    await change(declare(narrow));
    const before = await files();
    const wide = {
      ...base,
      code: { type: "varchar(50)", nullable: true },
      price: { type: "numeric(12,2)", nullable: true },
    };
    await change(declare(wide));
    expect(await files()).toEqual(before);
    expect(await column("code")).toEqual(each("character varying(50)"));
    await change(declare({ ...wide, code: { type: "text", nullable: true } }));
    expect(await files()).toEqual(before);
  });

  it.each([
    ["a narrower text", { type: "varchar(5)", nullable: true }, /would rewrite or read every partition/],
    ["another type", { type: "jsonb", nullable: true }, /That is a migration/],
    [
      "a text that an index has",
      { type: "varchar(500)", nullable: true },
      /rebuilds indexes .* again, under the lock: index "events_by_note" of app.events/,
    ],
  ])("refuses %s, with the reason and the way, and changes nothing", async (_, note, words) => {
    if (note.type === "varchar(500)") {
      await reset(database);
      deployment = new Deployment();
      await up(database, deployment, declare({ ...base, note: { type: "varchar(50)", nullable: true } }));
    }
    const before = (await left(database)).dump;
    const { error } = await up(database, deployment, declare({ ...base, note }));
    expect(error).toMatch(words);
    expect(error).toMatch(/columns\.note: column "note" of "app.events" has type .*, declared is varchar|jsonb/);
    expect((await left(database)).dump).toBe(before);
  });

  it("changes comments of columns, and leaves alone those that are not declared", async () => {
    await database.query("comment on column app.events.id is 'by hand'");
    await change(declare({ ...base, note: { type: "text", nullable: true, comment: "first" } }));
    await change(declare({ ...base, note: { type: "text", nullable: true, comment: "second" } }));
    const rows = await database.query(
      "select col_description('app.events'::regclass, n) as comment from generate_series(1, 3) n",
    );
    expect(rows).toEqual([{ comment: "by hand" }, { comment: null }, { comment: "second" }]);
  });

  it("what was changed by hand is shown by a refresh; up mends what is safe and refuses the rest", async () => {
    const columns = {
      ...base,
      note: { type: "text", nullable: true, default: "'x'" },
      amount: { type: "int", nullable: true },
    };
    await change(declare(columns));
    await database.query(`alter table app.events alter note drop default, drop column amount`);
    expect(await refresh()).toContainEqual(expect.stringContaining("events-table"));
    const mended = await up(database, deployment, declare(columns));
    expect(mended.error).toBeUndefined();
    expect(named(mended.steps)).toContain("update events-table");
    expect(await column("note")).toEqual(each("text default 'x'::text"));
    expect(await column("amount")).toEqual(each("integer"));
    await database.query("alter table app.events add column stranger int");
    expect(await refresh()).toContainEqual(expect.stringContaining("events-table"));
    const refused = await up(database, deployment, declare(columns));
    expect(refused.error).toMatch(/column "stranger" \(integer\) that is not declared/);
    await up(database, deployment, declare(columns, { dropColumns: ["stranger"] }));
    expect(await column("stranger")).toEqual([]);
  });

  it("an imported table shows no difference to its program, defaults, checks and comments in its words", async () => {
    const columns = {
      ...base,
      id: "bigserial",
      state: { type: "text", default: "'new'", comment: "of the order" },
      amount: { type: "numeric(8,2)", default: "0" },
    };
    const checks = { known: "state in ('new', 'old')", positive: "amount >= 0" };
    await reset(database);
    deployment = new Deployment();
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

  it("a partition that was away while the table changed comes back with its rows, its columns and its constraints", async () => {
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
    expect((await up(database, deployment, months("2025-04-10T00:00:00Z", "1 month", changed))).error).toBeUndefined();
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
  });

  it("partitions of every branch are changed, and read one by one", async () => {
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
    deployment = new Deployment();
    await database.query("create table app.users (id bigint primary key); insert into app.users values (1)");
    expect((await up(database, deployment, branched())).error).toBeUndefined();
    await database.query("insert into app.branched values (1, '2025-03-05', 'x', 'a'), (2, '2025-03-05', 'x', 'b')");
    const next = branched({
      columns: { ...base, tenant: "text", note: "text", author: { type: "bigint", default: "1" } },
      checks: { known: "note <> 'never'" },
      foreignKeys: { author: { columns: ["author"], references: { schema: "app", table: "users", columns: ["id"] } } },
      indexes: { by_author: { columns: ["author"] } },
    });
    const shown = await preview(database, deployment, next);
    // The table, two branches, six partitions.
    expect(shown.messages.join("\n")).toMatch(
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

  it("a table whose columns another tool owns is left alone, whatever they are", async () => {
    const foreign = program(asOf, { table: "owned", indexes: {} });
    const { columns: _columns, primaryKey: _key, ...rest } = foreign.tables["events"] ?? {};
    const owned = { ...foreign, tables: { owned: rest as never } };
    await database.query("create table app.owned (id bigint, at timestamptz not null, x int) partition by range (at)");
    deployment = new Deployment();
    expect((await up(database, deployment, owned)).error).toBeUndefined();
    await database.query("alter table app.owned add column y int, drop column x");
    await refresh();
    expect((await up(database, deployment, owned)).steps).toEqual([]);
  });
});
