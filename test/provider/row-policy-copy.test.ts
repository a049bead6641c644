import { beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { anyVersion } from "../support/database";
import { named, preview, up } from "../support/harness/rounds";
import { attempts } from "../support/harness/tenants";
import { statementsDuring } from "../support/statement-log";
import { withTenants } from "./row-policy-support";
import { accessOf, partitions } from "./support";

describe.each(anyVersion())("PostgreSQL %s, policies of another table", (version) => {
  const t = withTenants(version);
  const { database, roles, declared } = t;

  const copying = (changes: Partial<NonNullable<TableSpecArgs["rowSecurity"]>> = {}) =>
    declared({ rowSecurity: { copyFrom: "old_events", ...changes } });

  // The server prints the column of the outer table as old_events.tenant.
  const own = `exists (select from app.members m where m.tenant = old_events.tenant and m.key = current_setting('api.tenant', true))`;

  beforeEach(async () => {
    await database.query(`create table app.members (tenant text, key text); insert into app.members values ('a', 'a'), ('b', 'b');
      create table app.old_events (id bigint, at timestamptz, tenant text, note text);
      alter table app.old_events enable row level security;
      create policy own_rows on app.old_events to ${roles.app} using (${own});
      grant select on app.members to ${roles.app}`);
  });

  it("a new table has them from its first moment, under its own name, as preview showed", async () => {
    const shown = await preview(database, t.deployment, copying());
    const sent = accessOf(
      await statementsDuring(database, async () => {
        expect((await up(database, t.deployment, copying())).error).toBeUndefined();
      }),
    );
    const policies = sent.filter((sql) => sql.startsWith("CREATE POLICY"));
    expect(policies).toHaveLength(1);
    expect(policies[0]).toContain('"events".tenant');
    for (const sql of sent) expect(shown.messages.join("\n")).toContain(`${sql};`);
    await t.fill();
    await t.expectTenants();
    await t.settled(copying());
  });

  it("they are followed when they change there: preview shows it, up changes the table and its mirrored partitions, the second up nothing", async () => {
    const mirrored = copying({ partitionAccess: "mirror" });
    await up(database, t.deployment, mirrored);
    await t.fill();
    await database.query(`alter policy own_rows on app.old_events using (${own} or old_events.note = 'all');
      create policy no_writes on app.old_events as restrictive for insert to ${roles.app} with check (false)`);
    const shown = await preview(database, t.deployment, mirrored);
    expect([shown.error, named(shown.steps)]).toEqual([
      undefined,
      ["update events-table", "update events-row-policy", "update events-window"],
    ]);
    const text = shown.messages.join("\n");
    expect(text).toContain('row policy app.events: create policy "no_writes"; change policy "own_rows"');
    const sent = accessOf(
      await statementsDuring(database, async () => {
        expect((await up(database, t.deployment, mirrored)).error).toBeUndefined();
      }),
    );
    for (const sql of sent) expect(text).toContain(`${sql};`);
    await database.query("update app.events set note = 'all' where tenant = 'a' and id = 1");
    const client = await t.tenant("b");
    for (const name of ["events", "events_p2025_03"])
      expect([name, await attempts(client, "app", name, "2025-03-07")]).toMatchObject([
        name,
        { select: name === "events" ? 6 : 2, insert: "42501" },
      ]);
    expect(await partitions(database)).toHaveLength(3);
    await t.settled(mirrored);
  });

  it("a table of the same program is a source too, with the words in which it was declared", async () => {
    const source: TableSpecArgs = {
      ...(declared().tables["events"] as TableSpecArgs),
      table: "source",
    };
    const both = (security: TableSpecArgs["rowSecurity"]) => ({
      asOf: declared().asOf,
      tables: {
        source: { ...source, ...(security ? { rowSecurity: security } : {}) },
        events: { ...(copying({ copyFrom: "source" }).tables["events"] as TableSpecArgs) },
      },
    });
    expect((await up(database, t.deployment, both(undefined))).error).toBeUndefined();
    await t.fill();
    await t.expectTenants();
    await t.settled(both(undefined));
    const changed = both({ policies: { everything: { roles: [roles.app], using: "true" } } });
    const shown = await preview(database, t.deployment, changed);
    expect(shown.messages.join("\n")).toContain('row policy app.events: drop policy "own_rows": not declared');
    expect((await up(database, t.deployment, changed)).error).toBeUndefined();
    expect((await attempts(await t.tenant("b"), "app", "events", "2025-03-07")).select).toBe(9);
    await t.settled(changed);
  });

  it("a missing source is refused before anything is created", async () => {
    for (const copyFrom of ["nowhere", "app.nowhere"]) {
      const run = await up(database, t.deployment, copying({ copyFrom }));
      expect(run.error).toContain('table "app.nowhere", whose policies are to be copied, does not exist');
    }
    expect(await database.query("select from pg_class where relname = 'events'")).toEqual([]);
  });

  it("without the database the policies of the last update stand, and preview fails with the address", async () => {
    await up(database, t.deployment, copying());
    const away = { url: database.url.replace(/@[^/]*\//, "@127.0.0.1:1/") };
    const shown = await preview(away, t.deployment, copying());
    expect(shown.error).toContain("127.0.0.1:1");
    expect((await preview(database, t.deployment, copying())).steps).toEqual([]);
  });
});
