import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, expect, it } from "vitest";
import { throughTable, withTenants } from "../provider/row-policy-support";
import { entryOf } from "../provider/support";
import { configOf, left } from "../support/harness/fixture";
import { killMatrix, undisturbed } from "../support/harness/matrix";
import { named, preview, up } from "../support/harness/rounds";
import { attempts, CLOSED } from "../support/harness/tenants";
import { commitWhenNamed, PATIENT, underLoad } from "../support/harness/under-load";
import { allowedMs } from "../support/harness/waits";

const t = withTenants();
const { database, roles, declared } = t;
const policy = (using: string, more: object = {}) =>
  declared({ rowSecurity: { policies: { own_rows: { roles: [roles.app], using, ...more } } } });

beforeEach(async () => {
  await database.query("create table if not exists public.canary (id int)");
});

const canary = async (): Promise<boolean> =>
  (await database.query("select from pg_class where oid = 'public.canary'::regclass")).length === 1;

it.each([
  ["true); drop table public.canary; --", "a ) closes what it did not open"],
  ["true; drop table public.canary", "it holds a semicolon"],
  ["tenant = 'a", "never ends"],
  ["tenant = $$a", "never ends"],
  ["(tenant = 'a'", "a ) is missing"],
  ["true) with check (true", "a ) closes what it did not open"],
  ["true -- all of it", "never ends"],
  ["true /* all of it", "never ends"],
])("H02 %s is no expression: refused in the program with the policy named", async (using, reason) => {
  const { error } = await up(database, t.deployment, policy(using));
  expect(error).toContain('rowSecurity.policies.own_rows.using: policy "own_rows" needs one SQL expression');
  expect(error).toContain(reason);
  expect(await canary()).toBe(true);
});

it.each([
  ["tenant = ", /policy "own_rows".*syntax error/],
  ["select true", /policy "own_rows".*syntax error/],
  ["tenant", /policy "own_rows".*must be type boolean/],
  ["count(*) > 1", /policy "own_rows".*aggregate functions are not allowed/],
  ["row_number() over () = 1", /policy "own_rows".*window functions are not allowed/],
  ["generate_series(1, 2) = 1", /policy "own_rows".*set-returning functions are not allowed/],
])(
  "H02 the server does not take %s: refused in preview and before anything is created or changed",
  async (using, message) => {
    for (const run of [
      await preview(database, t.deployment, policy(using)),
      await up(database, t.deployment, policy(using)),
    ])
      expect(run.error).toMatch(message);
    expect(await database.query("select from pg_class where relname like 'events%'")).toEqual([]);
    expect((await up(database, t.deployment, declared())).error).toBeUndefined();
    const before = (await left(database)).dump;
    for (const run of [
      await preview(database, t.deployment, policy(using)),
      await up(database, t.deployment, policy(using)),
    ])
      expect(run.error).toMatch(message);
    expect((await left(database)).dump).toBe(before);
  },
);

it.each([
  ["app.me() = tenant", "function app.me() does not exist"],
  ["owner = 'a'", 'column "owner" does not exist'],
])(
  "H02 %s names what does not exist: refused in preview and up, with the policy named, and nothing is changed",
  async (using, message) => {
    for (const run of [preview, up])
      expect((await run(database, t.deployment, policy(using))).error).toContain(message);
    expect(await database.query("select from pg_class where relname like 'events%'")).toEqual([]);
    expect((await up(database, t.deployment, declared())).error).toBeUndefined();
    const relations = async () => (await left(database)).dump.replaceAll(/^registry.*$/gm, "");
    const before = await relations();
    for (const run of [preview, up])
      expect((await run(database, t.deployment, policy(using))).error).toMatch(
        new RegExp(`policy "own_rows": ${message.replace(/[()]/g, "\\$&")}\\. C`),
      );
    expect(await relations()).toBe(before);
  },
);

it("H02 a table that does not exist: the program may declare it later, so preview warns, and up refuses it", async () => {
  const wrong = policy("tenant in (select tenant from app.members)");
  const message = 'policy "own_rows": relation "app.members" does not exist';
  for (const first of [undefined, declared()]) {
    if (first) expect((await up(database, t.deployment, first)).error).toBeUndefined();
    const shown = await preview(database, t.deployment, wrong);
    expect(shown.error).toBeUndefined();
    expect(shown.messages.join("\n")).toMatch(new RegExp(`${message}.*It must exist when the update runs`));
    expect((await up(database, t.deployment, wrong)).error).toContain(message);
  }
});

it("H02 a function of the whole row is judged by the table itself", async () => {
  expect((await up(database, t.deployment, declared())).error).toBeUndefined();
  await database.query(
    "create function app.visible(app.events) returns boolean stable language sql return $1.tenant = current_setting('api.tenant', true)",
  );
  const whole = policy("app.visible(events)");
  expect((await up(database, t.deployment, whole)).error).toBeUndefined();
  await t.fill();
  expect(await attempts(await t.tenant("a"), "app", "events", "2025-03-07")).toEqual(throughTable(6));
  await t.settled(whole);
});

it("H08 a default partition, a detached table and one that was opened before its detach are closed to those who name them", async () => {
  expect((await up(database, t.deployment, declared())).error).toBeUndefined();
  await database.query(
    `create table app.events_rest partition of app.events default; grant all on app.events_rest to ${roles.app}`,
  );
  await t.fill();
  expect((await up(database, t.deployment, declared())).error).toBeUndefined();
  const client = await t.tenant("a");
  expect(await attempts(client, "app", "events_rest", "2029-03-07")).toEqual(CLOSED);
  await database.query(`drop table app.events_rest; grant all on app.events_p2025_02 to ${roles.app};
    alter table app.events_p2025_02 disable row level security`);
  const april = declared({}, "2025-04-10T00:00:00Z");
  const shown = await preview(database, t.deployment, april);
  expect(shown.messages.join("\n")).toMatch(
    /align events_p2025_02 .*open to .*DETACH PARTITION "app"\."events_p2025_02"/s,
  );
  expect((await up(database, t.deployment, april)).error).toBeUndefined();
  expect(await database.query("select from pg_inherits where inhrelid = 'app.events_p2025_02'::regclass")).toEqual([]);
  expect(await attempts(client, "app", "events_p2025_02", "2025-02-07")).toEqual(CLOSED);
});

it("H09 a view that reads with its owner's rights leaks: it is named with the fix, at any depth, and one that asks for the reader's is not", async () => {
  await up(database, t.deployment, declared());
  await t.fill();
  await database.query(`create view app.leaky as select * from app.events;
    create view app.by_partition as select * from app.events_p2025_03;
    create view app.asking with (security_invoker = true) as select * from app.events;
    create view app.over_asking as select * from app.asking;
    create materialized view app.kept as select * from app.events;
    create view app.private as select * from app.events;
    create view app.over_private as select * from app.private;
    grant select on app.leaky, app.by_partition, app.asking, app.over_asking, app.kept, app.over_private to ${roles.app}`);
  const client = await t.tenant("b");
  const counts = async (name: string) => (await client.query(`select from app.${name}`)).rowCount;
  for (const [name, rows] of Object.entries({
    leaky: 9,
    by_partition: 3,
    kept: 9,
    over_private: 9,
    asking: 3,
    over_asking: 3,
  }))
    expect([name, await counts(name)]).toEqual([name, rows]);
  const { messages } = await preview(database, t.deployment, declared());
  const listed = messages
    .map((message) => /view "app"\."(\w+)"/.exec(message)?.[1])
    .filter((name) => name !== undefined);
  expect(listed).toEqual(["by_partition", "kept", "leaky", "over_private"]);
  expect(messages.join("\n")).toContain('ALTER VIEW "app"."leaky" SET (security_invoker = true)');
  await database.query(`alter view app.leaky set (security_invoker = true);
    revoke all on app.kept, app.by_partition, app.over_private from ${roles.app}`);
  const later = await preview(database, t.deployment, declared());
  expect(later.messages.filter((message) => message.includes("view"))).toEqual([]);
  expect(await counts("leaky")).toBe(3);
});

it("A09 killed at every step of a change of row security: never on without its policies, and the next up ends as undisturbed", async () => {
  const bare = declared({});
  const { rowSecurity: _security, grants: _grants, ...plain } = bare.tables["events"] ?? {};
  const before = { asOf: bare.asOf, tables: { events: plain as never } };
  const config = configOf(database);
  const scenario = { database, config, before: [{ program: before }], program: declared(), watched: true };
  const wanted = await undisturbed(scenario);
  expect(wanted.dump).toMatch(/relation app.events p .*rls=t\/f/);
  const watching = watchPolicies();
  const result = await killMatrix(scenario, wanted, (point) => /row policy|align app.events_p2025_03/.test(point));
  const seen = await watching.stop();
  expect(seen).toEqual(new Set(["off, 0 policies", "on, 1 policies"]));
  expect(result.problems).toEqual([]);
  expect(result.points).toBeGreaterThanOrEqual(8);
}, 400_000);

it("C01 readers and writers are never blocked longer than lock_timeout by a change of policies, and an old reader is named", async () => {
  const columns = {
    id: "bigint",
    at: "timestamptz",
    tenant: { type: "text", default: "'a'" },
    note: { type: "text", nullable: true },
  };
  const other = declared({
    columns,
    rowSecurity: { policies: { own_rows: { roles: [roles.app], using: "tenant = current_setting('api.tenant')" } } },
  });
  await up(database, t.deployment, declared({ columns }));
  const reader = await database.connect({ application_name: "old reader" });
  await reader.query("begin; select count(*) from app.events");
  let ended = Promise.resolve();
  const { run, waits, ledger } = await underLoad(database, ["2025-03-14T00:00:00Z"], (inserts) =>
    up(database, t.deployment, other, {
      started: (plugin) => void (ended = commitWhenNamed(reader, "old reader", plugin, inserts)),
      config: PATIENT,
    }),
  );
  await ended;
  await reader.end();
  expect(run.error).toBeUndefined();
  expect(run.messages.join("\n")).toMatch(/waiting for pid \d+ \("old reader".*attempt/);
  expect(waits.samples).toBeGreaterThan(10);
  expect(waits.worst?.ms ?? 0).toBeLessThanOrEqual(allowedMs(waits, 100));
  expect(ledger.acknowledged).toBeGreaterThan(20);
  expect(await ledger.violations()).toEqual([]);
  expect(named((await preview(database, t.deployment, other)).steps)).toEqual([]);
  expect(entryOf(t.deployment, "events-row-policy").outputs).toMatchObject({ enabled: true });
});

/** What others see of the table, every few milliseconds. */
function watchPolicies(): { stop(): Promise<ReadonlySet<string>> } {
  let running = true;
  const watch = async (): Promise<ReadonlySet<string>> => {
    const seen = new Set<string>();
    const client = await database.connect({ application_name: "watching" });
    while (running) {
      const { rows } = await client.query<{ state: string }>(
        `select case when c.relrowsecurity then 'on' else 'off' end || ', ' ||
           (select count(*) from pg_policy p where p.polrelid = c.oid) || ' policies' as state
         from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'app' and c.relname = 'events'`,
      );
      for (const { state } of rows) seen.add(state);
      await sleep(5);
    }
    await client.end();
    return seen;
  };
  const watching = watch();
  return {
    stop: () => {
      running = false;
      return watching;
    },
  };
}
