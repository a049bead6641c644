import { beforeEach, describe, expect, it } from "vitest";
import { anyVersion } from "../support/database";
import { named, preview, up, withPlugin } from "../support/harness/rounds";
import { attempts } from "../support/harness/tenants";
import { statementsDuring } from "../support/statement-log";
import { withTenants } from "./row-policy-support";
import { accessOf, entryOf } from "./support";

describe.each(anyVersion())("PostgreSQL %s, a row policy changed by another hand", (version) => {
  const t = withTenants(version);
  const { database, roles, declared } = t;

  beforeEach(async () => {
    expect((await up(database, t.deployment, declared())).error).toBeUndefined();
    await t.fill();
  });

  const refresh = async () =>
    (await withPlugin(database, declared(), (plugin) => t.deployment.refresh(plugin))).result.map(
      (urn) => urn.split("::").at(-1) ?? "",
    );

  /** Preview shows it and what mends it; up runs exactly that; the second up has nothing to do. */
  const mended = async (shownAs: readonly string[], statements: readonly RegExp[]): Promise<void> => {
    const shown = await preview(database, t.deployment, declared());
    expect([shown.error, shown.steps]).toEqual([
      undefined,
      [{ op: "update", type: "RowPolicy", name: "events-row-policy", diff: ["work"] }],
    ]);
    const text = shown.messages.join("\n");
    expect(text).toContain(`row policy app.events: ${shownAs.join("; ")}`);
    const sent = accessOf(
      await statementsDuring(database, async () => {
        expect((await up(database, t.deployment, declared())).error).toBeUndefined();
      }),
    );
    expect(sent).toEqual(statements.map((pattern) => expect.stringMatching(pattern) as string));
    for (const sql of sent) expect(text).toContain(`${sql};`);
  };
  /** As declared in every respect. */
  const asBefore = async (): Promise<void> => {
    await t.expectTenants();
    await t.settled(declared());
  };

  it("J01 a policy changed by hand: refresh shows it, up puts it back, and the second up has nothing to do", async () => {
    await database.query("alter policy own_rows on app.events using (true)");
    expect((await attempts(await t.tenant("b"), "app", "events", "2025-03-07")).select).toBe(9);
    expect(await refresh()).toEqual(["events-row-policy"]);
    expect(entryOf(t.deployment, "events-row-policy").outputs["policies"]).toMatchObject([
      { name: "own_rows", using: "true" },
    ]);
    await mended(
      ['change policy "own_rows"'],
      [/^DROP POLICY "own_rows" ON "app"."events"/, /^CREATE POLICY "own_rows"/],
    );
    await asBefore();
  });

  it("J01 row security switched off by hand: refresh shows it, up switches it on; without a refresh too", async () => {
    await database.query("alter table app.events disable row level security, force row level security");
    expect(await refresh()).toEqual(["events-row-policy"]);
    expect(entryOf(t.deployment, "events-row-policy").outputs).toMatchObject({ enabled: false, forced: true });
    await mended(
      ["enable row security", "let the owner pass row security"],
      [/ENABLE ROW LEVEL SECURITY/, /NO FORCE ROW LEVEL SECURITY/],
    );
    await database.query("alter table app.events disable row level security");
    await mended(["enable row security"], [/ENABLE ROW LEVEL SECURITY/]);
    await asBefore();
  });

  it("an undeclared policy is dropped, and preview shows its text", async () => {
    await database.query(`create policy peek on app.events for select to ${roles.anon} using (note is null)`);
    await mended(
      [`drop policy "peek": not declared (AS PERMISSIVE FOR SELECT TO "${roles.anon}" USING ((note IS NULL)))`],
      [/^DROP POLICY "peek" ON "app"."events"/],
    );
    await asBefore();
  });

  it("a policy for other roles, of another command or kind under the declared name is created again", async () => {
    for (const other of [
      `to ${roles.anon} using (tenant = current_setting('api.tenant', true))`,
      `for select to ${roles.app} using (tenant = current_setting('api.tenant', true))`,
      `as restrictive to ${roles.app} using (tenant = current_setting('api.tenant', true))`,
    ]) {
      await database.query(`drop policy own_rows on app.events; create policy own_rows on app.events ${other}`);
      await mended(['change policy "own_rows"'], [/^DROP POLICY/, /^CREATE POLICY/]);
    }
    await asBefore();
  });

  it("grants by hand: on the table, on a column, with the right to grant on and what came of it: all are taken back", async () => {
    await database.query(`grant truncate on app.events to ${roles.app}; grant select (note) on app.events to ${roles.anon};
      revoke delete on app.events from ${roles.app}`);
    await mended(
      [`revoke select from "${roles.anon}"`, `revoke truncate from "${roles.app}"`, `grant delete to "${roles.app}"`],
      [/^REVOKE SELECT/, /^REVOKE TRUNCATE/, /^GRANT DELETE/],
    );
    await database.query(`grant usage on schema app to ${roles.maker}; grant select, update (note) on app.events to ${roles.maker} with grant option;
      set role ${roles.maker}; grant select, update (note) on app.events to ${roles.anon}; reset role`);
    await mended(
      [
        `revoke grant option for select, update from "${roles.maker}"`,
        `revoke select, update from "${roles.anon}"`,
        `revoke select, update from "${roles.maker}"`,
      ],
      [/^REVOKE GRANT OPTION FOR SELECT, UPDATE .* CASCADE/, /^REVOKE SELECT, UPDATE/, /^REVOKE SELECT, UPDATE/],
    );
    const left = await database.query(
      "select from pg_attribute where attrelid = 'app.events'::regclass and attacl::text ~ 'anon|maker'",
    );
    expect(left).toEqual([]);
    await asBefore();
  });

  it("a partition opened by hand, by any kind of grant: preview shows it, the next up closes it", async () => {
    const partition = "app.events_p2025_03";
    for (const opening of [
      `grant select on ${partition} to ${roles.app}; alter table ${partition} disable row level security`,
      `grant select (note, tenant) on ${partition} to public`,
      `grant all on ${partition} to ${roles.app}; create policy all_of_it on ${partition} using (true)`,
      `alter table ${partition} force row level security`,
    ]) {
      await database.query(opening);
      const shown = await preview(database, t.deployment, declared());
      expect([shown.error, named(shown.steps)]).toEqual([undefined, ["update events-window"]]);
      expect(shown.messages.join("\n")).toContain("align events_p2025_03");
      expect((await up(database, t.deployment, declared())).error).toBeUndefined();
    }
    await asBefore();
  });

  it("another declaration: preview shows its statements, up runs them, and words that mean the same change nothing", async () => {
    const other = declared({
      rowSecurity: {
        force: true,
        policies: {
          own_rows: { roles: [roles.app], using: "( tenant  = current_setting('api.tenant', true) )" },
          no_future: { restrictive: true, command: "insert", withCheck: "at < '2030-01-01'::timestamptz" },
        },
      },
      grants: { [roles.app]: ["select", "insert"] },
    });
    const shown = await preview(database, t.deployment, other);
    expect(shown.error).toBeUndefined();
    const text = shown.messages.join("\n");
    expect(text).toContain(
      `row policy app.events: force row security on the owner; create policy "no_future"; record policy "own_rows"; revoke update, delete from "${roles.app}"`,
    );
    const sent = accessOf(
      await statementsDuring(database, async () => {
        expect((await up(database, t.deployment, other)).error).toBeUndefined();
      }),
    );
    expect(sent.filter((sql) => sql.includes('"own_rows"'))).toEqual([]);
    for (const sql of sent) expect(text).toContain(`${sql};`);
    const client = await t.tenant("a");
    expect(await attempts(client, "app", "events", "2025-03-07")).toMatchObject({
      select: 6,
      insert: 1,
      update: "42501",
      delete: "42501",
    });
    await t.settled(other);
  });
});
