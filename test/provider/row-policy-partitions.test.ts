import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { administer, anyVersion } from "../support/database";
import { Deployment } from "../support/harness/deployment";
import { named, preview, refresh, up } from "../support/harness/rounds";
import { type Attempts, attempts, CLOSED } from "../support/harness/tenants";
import { statementsDuring } from "../support/statement-log";
import { withTenants } from "./row-policy-support";
import { accessOf, identityOf, indexLines, partitions } from "./support";

describe.each(anyVersion())("PostgreSQL %s, partitions of a table with row security", (version) => {
  const t = withTenants(version);
  const { database, roles, declared } = t;

  const using =
    "tenant = (select m.tenant from app.members m where m.tenant = events.tenant and m.key = current_setting('api.tenant', true))";
  const mirror = (changes: Partial<TableSpecArgs> = {}) =>
    declared({
      rowSecurity: { partitionAccess: "mirror", policies: { own_rows: { roles: [roles.app], using } } },
      ...changes,
    });

  /** What a tenant may do on a partition of March that mirrors the table. */
  const mirrored = (rows: number): Attempts => ({
    select: rows,
    insert: 1,
    steal: "42501",
    update: rows,
    delete: rows,
    copyOut: rows,
    copyTable: rows,
    copyIn: "0A000",
  });

  const members = (): Promise<unknown> =>
    database.query(`create table app.members (tenant text, key text); insert into app.members values ('a', 'a'), ('b', 'b');
      grant select on app.members to ${roles.app}`);

  it("mirror: a tenant sees through a partition what it sees through the table, on new ones and on one created by hand", async () => {
    await members();
    await database.query(
      `alter default privileges for role ${database.user} in schema app grant all on tables to ${roles.anon}`,
    );
    const shown = await preview(database, t.deployment, mirror());
    const sent = accessOf(
      await statementsDuring(database, async () => {
        expect((await up(database, t.deployment, mirror())).error).toBeUndefined();
      }),
    );
    for (const sql of sent) expect(shown.messages.join("\n")).toContain(`${sql};`);
    await t.settled(mirror());
    await database.query(`drop table app.events_p2025_03; create table app.made partition of app.events
      for values from ('2025-03-01 00:00+00') to ('2025-04-01 00:00+00'); grant select on app.made to ${roles.app}`);
    await t.fill();
    expect((await attempts(await t.tenant("b"), "app", "made", "2025-03-07")).select).toBe(3);
    expect((await up(database, t.deployment, mirror())).error).toBeUndefined();
    for (const [name, rows] of [
      ["a", 2],
      ["b", 1],
    ] as const) {
      const client = await t.tenant(name);
      expect(await attempts(client, "app", "made", "2025-03-07")).toEqual(mirrored(rows));
      expect(await attempts(client, "app", "events_p2025_02", "2025-02-07")).toEqual(mirrored(rows));
    }
    const anon = await t.tenant("a", roles.anon);
    for (const partition of await partitions(database))
      expect([partition, await attempts(anon, "app", partition, "2025-03-07")]).toEqual([partition, CLOSED]);
    await t.settled(mirror());
  });

  it("mirror: another policy on the table is another one on every partition in the same up, as preview shows; closed takes them away", async () => {
    await members();
    await up(database, t.deployment, mirror());
    await t.fill();
    const looser = mirror({
      rowSecurity: {
        partitionAccess: "mirror",
        policies: { own_rows: { roles: [roles.app], using: `${using} or events.note = 'all'` } },
      },
    });
    const shown = await preview(database, t.deployment, looser);
    expect(named(shown.steps)).toEqual(["update events-table", "update events-row-policy", "update events-window"]);
    const sent = accessOf(
      await statementsDuring(database, async () => {
        expect((await up(database, t.deployment, looser)).error).toBeUndefined();
      }),
    );
    expect(sent.filter((sql) => sql.startsWith("CREATE POLICY"))).toHaveLength(4);
    for (const sql of sent) expect(shown.messages.join("\n")).toContain(`${sql};`);
    await t.settled(looser);
    await database.query("update app.events set note = 'all' where tenant = 'a' and id = 1");
    expect((await attempts(await t.tenant("b"), "app", "events_p2025_03", "2025-03-07")).select).toBe(2);
    await database.query("create policy more on app.events_p2025_03 using (true)");
    expect(named((await preview(database, t.deployment, looser)).steps)).toEqual(["update events-window"]);
    await up(database, t.deployment, looser);
    const closed = declared();
    expect((await up(database, t.deployment, closed)).error).toBeUndefined();
    await t.expectTenants();
    await t.settled(closed);
  });

  it.each(["closed", "mirror"] as const)(
    "H08 a partition that the schedule created in the database is as those of an update: %s",
    async (partitionAccess) => {
      await members();
      await database.query(
        `alter default privileges for role ${database.user} in schema app grant all on tables to ${roles.anon}, ${roles.app}`,
      );
      const wanted = mirror({
        rowSecurity: { partitionAccess, policies: { own_rows: { roles: [roles.app], using } } },
      });
      expect((await up(database, t.deployment, wanted)).error).toBeUndefined();
      // Roles that default privileges are generous to come and go after the last update.
      await database.query(`alter default privileges for role ${database.user} in schema app revoke all on tables from ${roles.anon};
        alter default privileges for role ${database.user} in schema app grant all on tables to ${roles.maker}; grant usage on schema app to ${roles.maker}`);
      expect((await preview(database, t.deployment, wanted)).steps).toEqual([]);
      await database.query("select pgpartition.ensure_partition('app.events'::regclass, '2025-05-07'::timestamptz)");
      await database.query(`insert into app.events (id, at, tenant) select n, '2025-05-05', case when n < 3 then 'a' else 'b' end
        from generate_series(1, 3) n`);
      expect(await partitions(database)).toContain("events_p2025_05");
      for (const [name, rows] of [
        ["a", 2],
        ["b", 1],
      ] as const)
        expect(await attempts(await t.tenant(name), "app", "events_p2025_05", "2025-05-07")).toEqual(
          partitionAccess === "closed" ? CLOSED : mirrored(rows),
        );
      for (const user of [roles.anon, roles.maker])
        expect(await attempts(await t.tenant("a", user), "app", "events_p2025_05", "2025-05-07")).toEqual(CLOSED);
      expect((await preview(database, t.deployment, wanted)).messages.join("\n")).not.toContain(
        "align events_p2025_05",
      );
    },
  );

  it("grants without row security: partitions get the declared ones, and nothing by default privileges", async () => {
    await database.query(
      `alter default privileges for role ${database.user} in schema app grant all on tables to ${roles.anon}, public`,
    );
    const { rowSecurity: _none, ...open } =
      declared({ grants: { [roles.app]: ["select", "insert"] } }).tables["events"] ?? {};
    const granted = { asOf: "2025-03-10T00:00:00Z", tables: { events: open as never } };
    expect((await up(database, t.deployment, granted)).error).toBeUndefined();
    await t.fill();
    const client = await t.tenant("a");
    for (const name of ["events", ...(await partitions(database))]) {
      const found = await attempts(client, "app", name, "2025-03-07");
      expect([name, found]).toMatchObject([
        name,
        { select: expect.any(Number) as number, update: "42501", delete: "42501" },
      ]);
      const anon = await t.tenant("a", roles.anon);
      expect([name, await attempts(anon, "app", name, "2025-03-07")]).toEqual([name, CLOSED]);
    }
    await t.settled(granted);
    await database.query(`grant all on app.events_p2025_02 to ${roles.anon}`);
    expect(named((await preview(database, t.deployment, granted)).steps)).toEqual(["update events-window"]);
    await up(database, t.deployment, granted);
    await t.settled(granted);
  });

  it("partitionSchema: new partitions, their indexes and their retirement are in a separate schema; old ones remain where they are", async () => {
    await database.query("drop schema if exists parts cascade; create schema parts");
    const plain = declared();
    await up(database, t.deployment, plain);
    await t.fill();
    const february = await identityOf(database, "app.events_p2025_02");
    const elsewhere = (asOf: string, changes: Partial<TableSpecArgs> = {}) =>
      declared(
        { partitionSchema: "parts", grace: "none", indexes: { by_note: { columns: ["note"] } }, ...changes },
        asOf,
      );
    expect((await up(database, t.deployment, elsewhere("2025-03-10T00:00:00Z"))).error).toBeUndefined();
    expect(await identityOf(database, "app.events_p2025_02")).toBe(february);
    const april = elsewhere("2025-04-10T00:00:00Z", { window: { lead: "2 months", retention: "1 month" } });
    expect((await up(database, t.deployment, april)).error).toBeUndefined();
    await t.settled(april);
    expect(await where(database)).toEqual([
      "app.events_p2025_03",
      "app.events_p2025_04",
      "parts.events_p2025_05",
      "parts.events_p2025_06",
    ]);
    const more = elsewhere("2025-04-10T00:00:00Z", {
      window: { lead: "2 months", retention: "1 month" },
      indexes: { by_note: { columns: ["note"] }, by_tenant: { columns: ["tenant"] } },
    });
    expect((await up(database, t.deployment, more)).error).toBeUndefined();
    expect(await indexLines(database, "^events_by_tenant$")).toEqual(["events_by_tenant valid"]);
    await t.settled(more);
    const client = await t.tenant("a");
    await database.query(`grant usage on schema parts to ${roles.app}`);
    for (const name of ["events_p2025_05", "events_p2025_06"])
      expect(await attempts(client, "parts", name, "2025-05-07")).toEqual(CLOSED);
    // By hand detached there, moved and opened: it comes back as a partition where it is, and closed.
    await database.query(`alter table app.events detach partition parts.events_p2025_06; create schema if not exists away;
      alter table parts.events_p2025_06 set schema away; grant usage on schema away to ${roles.app}; grant all on away.events_p2025_06 to ${roles.app}`);
    await withRefresh(more);
    expect(await where(database)).toEqual([
      "app.events_p2025_03",
      "app.events_p2025_04",
      "away.events_p2025_06",
      "parts.events_p2025_05",
    ]);
    expect(await attempts(client, "away", "events_p2025_06", "2025-06-07")).toEqual(CLOSED);
    // All of it expires, whatever the schema.
    const october = elsewhere("2025-10-10T00:00:00Z", { maxDropsPerUpdate: 10 });
    const run = await up(database, t.deployment, october);
    expect(run.error).toBeUndefined();
    expect(await where(database)).toEqual(["parts.events_p2025_09", "parts.events_p2025_10", "parts.events_p2025_11"]);
    expect(
      await database.query(
        "select from pg_class where relname in ('events_p2025_03', 'events_p2025_05', 'events_p2025_06')",
      ),
    ).toEqual([]);
    await database.query("drop schema parts cascade; drop schema away cascade");
  });

  const withRefresh = async (wanted: ReturnType<typeof declared>): Promise<void> => {
    await refresh(database, t.deployment, wanted);
    expect((await up(database, t.deployment, wanted)).error).toBeUndefined();
    expect((await preview(database, t.deployment, wanted)).steps).toEqual([]);
  };

  it("partitionSchema: a missing schema, and one where the role may create nothing, are refused with what is missing", async () => {
    const role = `plain_${String(process.pid)}_${String(version)}`;
    await administer(database, async (admin) => {
      await admin.query(`create role ${role} login password 'pw'`);
      await admin.query(`grant create on database ${database.database} to ${role}`);
    });
    // The role has no right in a management schema that it did not make.
    await database.query(
      `drop schema if exists parts cascade; drop schema pgpartition cascade; alter schema app owner to ${role}`,
    );
    const wanted = declared({ partitionSchema: "parts" });
    const url = { url: database.url.replace(/\/\/[^@]*@/, `//${role}:pw@`) };
    for (const run of [await preview(url, new Deployment(), wanted), await up(url, new Deployment(), wanted)])
      expect(run.error).toContain('partitionSchema: schema "parts" does not exist. Create it first');
    await database.query("create schema parts");
    for (const run of [await preview(url, new Deployment(), wanted), await up(url, new Deployment(), wanted)])
      expect(run.error).toContain(`GRANT USAGE, CREATE ON SCHEMA "parts" TO "${role}"`);
    expect(await database.query("select from pg_class where relname = 'events'")).toEqual([]);
    await database.query(`grant usage, create on schema parts to ${role}`);
    expect((await up(url, t.deployment, wanted)).error).toBeUndefined();
    expect(await where(database)).toEqual(["parts.events_p2025_02", "parts.events_p2025_03", "parts.events_p2025_04"]);
    await database.query(
      `drop schema app cascade; drop schema parts cascade; drop schema pgpartition cascade; drop owned by ${role} cascade`,
    );
    await administer(database, async (admin) => {
      await admin.query(`revoke all on database ${database.database} from ${role}`);
      await admin.query(`drop role ${role}`);
    });
  });
});

async function where(database: ReturnType<typeof withTenants>["database"]): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `select n.nspname || '.' || c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     join pg_namespace n on n.oid = c.relnamespace where i.inhparent = 'app.events'::regclass order by 1`,
  );
  return rows.map(({ name }) => name);
}
