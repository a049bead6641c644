// What the role of a managed platform meets that a superuser does not. Every other test of the product runs as that role, too.
import { describe, expect, it } from "vitest";
import { asSuperuser, testVersions, withDatabase } from "../support/database";
import { eventsTable, left, program } from "../support/harness/fixture";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { withFirstDeployment } from "../support/harness/with-deployment";
import { requestedRole } from "../support/servers";
import { skipBecause } from "../support/skip";

const march = program("2025-03-10T00:00:00Z");
const april = program("2025-04-10T00:00:00Z");

describe.each(testVersions())("PostgreSQL %s, a role of a managed platform", (version) => {
  const database = withDatabase(version);
  const deployment = withFirstDeployment(database);

  it("H11 is what the product works as in every test: no superuser, member of nothing, owner of its database alone", async (context) => {
    if (requestedRole() === "superuser") skipBecause(context, "this run asked for the superuser");
    const [role] = await database.query(
      `select r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls,
         (select d.datdba = r.oid from pg_database d where d.datname = current_database()) as owns,
         exists (select from pg_auth_members m join pg_roles p on p.oid = m.roleid where m.member = r.oid and p.rolname like 'pg\\_%') as helped
       from pg_roles r where r.rolname = $1`,
      [database.user],
    );
    const rights = { rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolreplication: false };
    expect(role).toEqual({ ...rights, rolbypassrls: false, owns: true, helped: false });
  });

  it("H11 creates, rolls and drops; a superuser finds nothing to change after it, and it nothing after a superuser", async () => {
    expect((await up(database, deployment, march)).error).toBeUndefined();
    expect((await preview(asSuperuser(database), deployment, march)).steps).toEqual([]);
    expect((await up(asSuperuser(database), deployment, april)).error).toBeUndefined();
    const { result } = await withPlugin(database, april, async (plugin) => [
      await deployment.preview(plugin, april),
      await deployment.refresh(plugin),
    ]);
    expect(result).toEqual([[], []]);
    const may = program("2025-05-20T00:00:00Z");
    expect((await up(database, deployment, may)).error).toBeUndefined();
    const { dump, orphans } = await left(database);
    expect(orphans).toEqual([]);
    // What the superuser made belongs to the owner of the table as well.
    const owners = [...dump.matchAll(/^relation app\.events\S* \w owner=(\S+)/gm)].map((match) => match[1]);
    expect(new Set(owners)).toEqual(new Set([database.user]));
    expect(dump).not.toMatch(/^relation app.events_p2025_02 /m);
  });

  it("H11 values of a level that row security may hide are refused with the policy to create, in preview too", async () => {
    await database.query(`create table app.sites (site text primary key); insert into app.sites values ('a'), ('b');
      alter table app.sites owner to postgres; alter table app.sites enable row level security;
      grant select on app.sites to ${database.user}; create policy only_a on app.sites for select using (site = 'a')`);
    const table = eventsTable({
      columns: { site: "text", at: "timestamptz" },
      primaryKey: ["site", "at"],
      indexes: {},
      partitionBy: [
        { list: "site", values: { from: "sites", column: "site" }, name: "{table}_{value}" },
        { range: "at", every: "month", name: "{base}_{yyyy}_{mm}" },
      ],
    });
    const declared = { tables: { events: table }, asOf: march.asOf };
    const policy = /CREATE POLICY all_values ON "app"."sites" FOR SELECT TO "\w+" USING \(true\)/;
    for (const run of [await preview(database, deployment, declared), await up(database, deployment, declared)])
      expect(run.error).toMatch(policy);
    expect(await database.query("select from pg_class where relname like 'events_a%'")).toEqual([]);
    await database.query(policy.exec((await preview(database, deployment, declared)).error ?? "")?.[0] ?? "");
    expect((await up(database, deployment, declared)).error).toBeUndefined();
    expect(await database.query("select from pg_class where relname in ('events_a', 'events_b')")).toHaveLength(2);
    expect((await preview(database, deployment, declared)).steps).toEqual([]);
    await database.query("create policy not_b on app.sites as restrictive for select using (site <> 'b')");
    expect((await preview(database, deployment, declared)).error).toMatch(policy);
  });
});
