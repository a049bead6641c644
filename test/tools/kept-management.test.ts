import { beforeEach, describe, expect, it } from "vitest";
import { anyVersion, withDatabase } from "../support/database";
import { dropManagement, freshManagement } from "../support/harness/kept-management";

const entry = `insert into pgpartition.ledger (schema_name, table_name, partition_name, event, run)
  values ('app', 'events', 'events_p1', 'created', 'test') returning id::int`;

describe.each(anyVersion())("the management schema between tests on PostgreSQL %i", (version) => {
  const database = withDatabase(version);

  const oid = async (): Promise<unknown> => (await database.query("select 'pgpartition'::regnamespace::oid as oid"))[0];

  beforeEach(() => freshManagement(database));

  it("belongs to the role of the product, as after its own installation", async () => {
    const owners = await database.query(
      `select distinct pg_get_userbyid(owner) as owner from (
        select nspowner as owner from pg_namespace where nspname = 'pgpartition'
        union all select relowner from pg_class where relnamespace = 'pgpartition'::regnamespace
        union all select proowner from pg_proc where pronamespace = 'pgpartition'::regnamespace) x`,
    );
    expect(owners).toEqual([{ owner: database.user }]);
  });

  it("is kept where only rows came, without them, and counts from one again", async () => {
    const before = await oid();
    expect(await database.query(entry)).toEqual([{ id: 1 }]);
    await database.query(
      "insert into pgpartition.registry (schema_name, table_name, owner) values ('app', 'events', 'a/b')",
    );
    await database.query("vacuum (analyze, freeze) pgpartition.registry");
    await freshManagement(database);
    expect(await oid()).toEqual(before);
    expect(await database.query("select from pgpartition.registry")).toEqual([]);
    expect(await database.query(entry)).toEqual([{ id: 1 }]);
  });

  it.each([
    "create or replace function pgpartition.refuse_change() returns trigger language plpgsql as $$ begin return null; end $$",
    "alter function pgpartition.refuse_change() set search_path = public",
    "grant execute on function pgpartition.refuse_change() to public",
    "drop function pgpartition.set_size_thresholds",
    "alter table pgpartition.ledger disable trigger all; alter table pgpartition.ledger enable trigger all",
    "alter table pgpartition.ledger alter run set default 'x'",
    "alter table pgpartition.registry drop constraint registry_mode_check",
    "grant select (id) on pgpartition.ledger to public",
    "grant usage on schema pgpartition to public",
    "alter default privileges in schema pgpartition grant select on tables to public",
    "create index on pgpartition.ledger (run)",
    "create table pgpartition.more (id int)",
    "comment on table pgpartition.version is 'of another program'",
    "alter view pgpartition.runway set (security_invoker = false)",
    "insert into pgpartition.version (version) values (99)",
    "update pgpartition.size_thresholds set small_bytes = small_bytes",
    "alter schema pgpartition rename to away; alter schema away rename to pgpartition",
    "drop schema pgpartition cascade",
    "drop schema pgpartition cascade; create schema pgpartition; create table pgpartition.mine (id int)",
  ])("is installed anew after: %s", async (change) => {
    const before = await oid();
    await database.query(change);
    await freshManagement(database);
    expect(await oid()).not.toEqual(before);
    expect(await database.query("select max(version) < 99 as ours from pgpartition.version")).toEqual([{ ours: true }]);
  });

  it("is gone where a test begins without it", async () => {
    await dropManagement(database);
    expect(await database.query("select from pg_namespace where nspname = 'pgpartition'")).toEqual([]);
  });
});
