import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { UNKNOWN } from "../../provider/runtime/values";
import { administer, anyVersion, testVersions, withDatabase } from "../support/database";
import { Deployment } from "../support/harness/deployment";
import { program, reset } from "../support/harness/fixture";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { withFirstDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { ddlOf, inputsOf } from "./support";
import { ALWAYS, catalogueOf, COLUMNS, NEW } from "./told-support";

const asOf = "2025-03-10T00:00:00Z";
const declare = (changes: Partial<TableSpecArgs> = {}) => program(asOf, { columns: COLUMNS, ...changes });

const KINDS = "create table app.kinds (id bigint primary key, name text)";

/** What PostgreSQL or the driver would print by themselves. */
const RAW = /SQLSTATE|creating table|adopting table|LINE \d/;

describe.each(anyVersion())("PostgreSQL %s, one mistake", (version) => {
  describe.each([
    { title: "in a new table", tables: {}, none: {}, mistakes: [...ALWAYS, ...NEW] },
    {
      title: "in a table that exists",
      tables: declare({ indexes: {} }).tables,
      none: { indexes: {} },
      mistakes: ALWAYS,
    },
  ])("$title", ({ tables, none, mistakes }) => {
    const database = withDatabase(version);
    const deployment = new Deployment();

    beforeAll(async () => {
      await reset(database);
      await database.query(KINDS);
      // The management schema alone, or with the table.
      expect((await up(database, deployment, { tables, asOf })).error).toBeUndefined();
    });

    it.each(mistakes)("%s: preview and up name the argument, and change nothing", async (_, declared, told) => {
      const before = await catalogueOf(database);
      for (const run of [preview, up]) {
        const { error } = await run(database, deployment, declare({ ...none, ...declared }));
        expect(error).toMatch(told);
        expect(error).not.toMatch(RAW);
        expect(error?.split("\n")).toHaveLength(1);
      }
      expect(await catalogueOf(database)).toEqual(before);
    });
  });
});

describe.each(testVersions())("PostgreSQL %s, what a declaration names", (version) => {
  const database = withDatabase(version);
  const deployment = withFirstDeployment(database);

  beforeEach(async () => {
    await database.query(KINDS);
  });

  it("several mistakes are told in one round, each once, and an expression with a broken column not at all", async () => {
    const { error } = await preview(
      database,
      deployment,
      declare({
        columns: {
          ...COLUMNS,
          mood: { type: "app.mood", nullable: true },
          size: { type: "int", default: "app.nope()" },
        },
        checks: { happy: "mood is not null", positive: "amuont > 0" },
        grants: { nobody_here: ["select"], none_there: ["select"] },
        rowSecurity: { policies: { own: { roles: ["nobody_here"], using: "tenant = 1" } } },
        partitionSchema: "nowhere",
        storage: { hot: { tablespace: "nowhere", options: { filfactor: 90, fillfactor: 1000 } } },
      }),
    );
    const paths = (error ?? "").split("\n").map((line) => line.split(": ")[0]);
    expect(paths.sort()).toEqual([
      "checks.positive",
      "columns.mood.type",
      "columns.size.default",
      "grants.nobody_here",
      "grants.none_there",
      "partitionSchema",
      "rowSecurity.policies.own",
      "rowSecurity.policies.own.roles",
      "storage.hot.options.filfactor",
      "storage.hot.options.fillfactor",
      "storage.hot.tablespace",
    ]);
  });

  it("a correct table is created; a preview of the same later asks nothing of this, and locks nothing", async () => {
    await database.query(`create type app.mood as enum ('sad'); create function app.one() returns int language sql return 1;
      create function app.seen(text) returns boolean language sql immutable return true`);
    const correct = declare({
      columns: {
        ...COLUMNS,
        mood: { type: "app.mood", nullable: true },
        size: { type: "int", default: "app.one()" },
        no: "bigserial",
      },
      checks: { small: "size < 10 and app.seen(note)" },
      grants: { public: ["select"] },
      rowSecurity: {
        policies: { own: { using: "app.seen(note) and exists (select from app.events e where e.id = events.id)" } },
      },
      storage: { hot: { options: { fillfactor: 90 }, toast: { autovacuum_enabled: false }, tablespace: "pg_default" } },
      foreignKeys: {
        kind: { columns: ["id"], references: { schema: "app", table: "kinds", columns: ["id"] } },
        self: { columns: ["id", "at"], references: { schema: "app", table: "events", columns: ["id", "at"] } },
      },
      indexes: { by_note: { columns: [{ expression: "lower(note)" }], where: "size > 0" } },
    });
    const before = await catalogueOf(database);
    const shown = await statementsDuring(database, async () => {
      expect((await preview(database, deployment, correct)).error).toBeUndefined();
    });
    expect(ddlOf(shown)).toEqual([]);
    expect(await catalogueOf(database)).toEqual(before);
    expect((await up(database, deployment, correct)).error).toBeUndefined();
    const again = await statementsDuring(database, async () => {
      expect((await preview(database, deployment, correct)).steps).toEqual([]);
    });
    expect(again.filter(({ sql }) => /^do |pg_temp|what exists of the roles|names of types/i.test(sql))).toEqual([]);
  });

  it("tables that refer to each other, and to one of the program with a wrong column", async () => {
    const refer = (to: string, columns: string[]) => ({
      foreignKeys: { other: { columns: ["id", "at"], references: { schema: "app", table: to, columns } } },
    });
    const two = (columns: string[]) => ({
      tables: {
        a: { ...declare(refer("b", ["id", "at"])).tables["events"], table: "a" } as TableSpecArgs,
        b: { ...declare(refer("a", columns)).tables["events"], table: "b" } as TableSpecArgs,
      },
      asOf,
    });
    expect((await preview(database, deployment, two(["id", "nope"]))).error).toMatch(
      /foreignKeys\.other\.references\.columns\[1\]: the referenced table "app\.a" has no column "nope"/,
    );
    expect((await preview(database, deployment, two(["id", "at"]))).error).toBeUndefined();
    expect((await up(database, deployment, two(["id", "at"]))).error).toBeUndefined();
  });

  it("a referenced table that nothing creates is an error of the preview", async () => {
    const wrong = declare({
      foreignKeys: { kind: { columns: ["id"], references: { table: "kinds", columns: ["id"] } } },
    });
    const { error } = await preview(database, deployment, wrong);
    expect(error).toMatch(
      /foreignKeys\.kind\.references: table "public\.kinds" does not exist \(app\.kinds exists: .*Correct the name, or create the table first/,
    );
  });

  describe("rights", () => {
    const role = `told_${String(process.pid)}_${String(version)}`;
    const url = () => ({ url: database.url.replace(/\/\/[^@]*@/, `//${role}:pw@`) });

    const withRole = async (body: () => Promise<void>): Promise<void> => {
      await administer(database, async (admin) => {
        await admin.query(`create role ${role} login password 'pw'`);
      });
      await database.query(`revoke create on database ${database.database} from public`);
      try {
        await body();
      } finally {
        await database.query(`drop owned by ${role} cascade`);
        await administer(database, async (admin) => {
          await admin.query(`drop owned by ${role} cascade; drop role ${role}`);
        });
      }
    };

    it("a role without any: what an administrator has to run is told for each, and with it the update runs", async () => {
      await withRole(async () => {
        const wanted = declare({
          foreignKeys: { kind: { columns: ["id"], references: { schema: "app", table: "kinds", columns: ["id"] } } },
        });
        for (const run of [preview, up]) {
          const { error } = await run(url(), deployment, wanted);
          expect(error).toContain(`schema: role "${role}" may not create management schema "pgpartition"`);
          expect(error).toContain(`GRANT CREATE ON DATABASE "${database.database}" TO "${role}"`);
        }
        await database.query(`grant create on database ${database.database} to ${role}`);
        for (const run of [preview, up]) {
          const { error } = await run(url(), deployment, wanted);
          expect(error).toContain(
            `schema: role "${role}" may not create tables in schema "app". An administrator has to run: GRANT USAGE, CREATE ON SCHEMA "app" TO "${role}".`,
          );
          expect(error).toContain(
            `foreignKeys.kind.references: role "${role}" may not refer to table "app.kinds". An administrator has to run: GRANT USAGE ON SCHEMA "app" TO "${role}"; GRANT REFERENCES ON "app"."kinds" TO "${role}".`,
          );
          if (run === preview)
            expect(await database.query("select from pg_namespace where nspname = 'pgpartition'")).toEqual([]);
        }
        await database.query(`grant usage, create on schema app to ${role}; grant references on app.kinds to ${role}`);
        expect((await up(url(), deployment, wanted)).error).toBeUndefined();
      });
    });

    it("a tablespace that the role may not use", async () => {
      await administer(database, async (admin) => {
        await admin.query("set allow_in_place_tablespaces = on");
        await admin.query(`create tablespace ${role} location ''`);
      });
      try {
        const { error } = await preview(database, deployment, declare({ storage: { hot: { tablespace: role } } }));
        expect(error).toMatch(
          new RegExp(
            `storage\\.hot\\.tablespace: role .* may not create tables in tablespace "${role}"\\. .*GRANT CREATE ON TABLESPACE "${role}"`,
          ),
        );
      } finally {
        await administer(database, (admin) => admin.query(`drop tablespace ${role}`));
      }
    });
  });

  it("a connection that may only read: names and expressions are told, a correct table passes, and nothing is written", async () => {
    await database.query(
      `alter role ${database.user} in database ${database.database} set default_transaction_read_only = on`,
    );
    try {
      const before = await catalogueOf(database);
      expect((await preview(database, deployment, declare())).error).toBeUndefined();
      const { error } = await preview(
        database,
        deployment,
        declare({
          columns: { ...COLUMNS, size: { type: "int", default: "app.nope()" } },
          checks: { positive: "amuont > 0", fine: "id > 0" },
          grants: { nobody_here: ["select"] },
        }),
      );
      expect((error ?? "").split("\n").map((line) => line.split(": ")[0])).toEqual([
        "grants.nobody_here",
        "columns.size.default",
        "checks.positive",
      ]);
      expect(await catalogueOf(database)).toEqual(before);
    } finally {
      await database.query(
        `alter role ${database.user} in database ${database.database} reset default_transaction_read_only`,
      );
    }
  });

  it("while a resource that the table waits for has yet to be created, what it may create is a warning", async () => {
    const wrong = declare({
      columns: { ...COLUMNS, mood: { type: "app.mood", nullable: true } },
      grants: { nobody_here: ["select"] },
      checks: { positive: "id" },
    });
    const check = (awaited: object) =>
      withPlugin(database, wrong, (plugin) =>
        plugin.check(deployment.urn("Table", "events-table"), undefined, {
          ...inputsOf(wrong, "events-table"),
          ...awaited,
        }),
      );
    const open = await check({ awaited: [UNKNOWN] });
    // This table alone declares no management schema before it.
    const unmanaged = expect.stringMatching(/^table: .* needs the management schema "pgpartition"/);
    expect(open.result.failures).toEqual([unmanaged, expect.stringMatching(/^checks\.positive: /)]);
    expect(open.messages.join("\n")).toMatch(/grants\.nobody_here: role .* It must exist when the update runs/);
    expect(open.messages.join("\n")).toMatch(/columns\.mood\.type: .* It must exist when the update runs/);
    expect(open.result.inputs).not.toHaveProperty("awaited");
    const known = await check({ awaited: ["role-1"] });
    expect(known.result.failures).toHaveLength(4);
    expect(known.result.inputs).not.toHaveProperty("awaited");
  });
});
