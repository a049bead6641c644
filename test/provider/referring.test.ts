import { beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { left, program } from "../support/harness/fixture";
import { grpcMessage } from "../support/harness/plugin";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { ddlOf, partitions, nothingLeft } from "./support";
import { itAlike } from "../support/sample";

const at = (asOf: string, changes: Partial<TableSpecArgs> = {}) =>
  program(asOf, { indexes: {}, window: { lead: "1 month", retention: "2 months" }, grace: "none", ...changes });

describe.each(testVersions())("PostgreSQL %s, foreign keys to the table", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    expect((await up(database, deployment, at("2025-03-10T00:00:00Z"))).error).toBeUndefined();
    await database.query(`insert into app.events
        select n, timestamptz '2025-01-03' + n * interval '1 day', 'x' from generate_series(0, 80) n;
      create table app.orders (id bigint primary key, event bigint, event_at timestamptz,
        constraint orders_event foreign key (event, event_at) references app.events (id, at));
      insert into app.orders select id, id, at from app.events where at < '2025-01-08';
      insert into app.orders values (1000, null, null)`);
  });

  it("an expired partition that rows refer to remains, with table and count; everything else continues", async () => {
    const may = at("2025-05-10T00:00:00Z");
    const shown = await preview(database, deployment, may);
    expect(shown.error).toBeUndefined();
    const text = shown.messages.join("\n");
    expect(text).toMatch(
      /detach events_p2025_01 .*is retained, because 5 rows of app.orders refer to it \(foreign key "orders_event"\)/,
    );
    expect(text).toMatch(
      /DETACH PARTITION "app"."events_p2025_02" CONCURRENTLY;  -- .*referring app.orders ACCESS EXCLUSIVE.*LOCK_REFERRING_AX.*SCAN_REFERRING/,
    );
    expect(text).toMatch(
      /ATTACH PARTITION "app"."events_p2025_06" .*referring app.orders SHARE ROW EXCLUSIVE.*LOCK_REFERRING_WRITE/,
    );
    const run = await up(database, deployment, may);
    expect(run.error).toBeUndefined();
    expect(run.messages.join("\n")).toContain('partition "events_p2025_01" has expired');
    expect(await partitions(database)).toEqual([
      "events_p2025_01",
      "events_p2025_03",
      "events_p2025_04",
      "events_p2025_05",
      "events_p2025_06",
    ]);
    expect(await database.query("select to_regclass('app.events_p2025_02') as gone")).toEqual([{ gone: null }]);
    // Nothing is due while it is referred to.
    await nothingLeft(database, deployment, may);
    await database.query("delete from app.orders where event is not null");
    expect((await up(database, deployment, may)).error).toBeUndefined();
    expect(await partitions(database)).not.toContain("events_p2025_01");
    await nothingLeft(database, deployment, may);
  });

  itAlike(version)("those that rows refer to take no place among those that one update retires", async () => {
    await database.query(
      "insert into app.orders select 2000 + id, id, at from app.events where at >= '2025-02-01' and at < '2025-02-03'",
    );
    const one = (asOf: string) => at(asOf, { maxDropsPerUpdate: 1 });
    const run = await up(database, deployment, one("2025-06-10T00:00:00Z"));
    expect(run.error).toBeUndefined();
    expect(await partitions(database)).toEqual(expect.arrayContaining(["events_p2025_01", "events_p2025_02"]));
    expect(await partitions(database)).not.toContain("events_p2025_03");
  });

  it("a row that refers to it between check and detach: the server refuses, it remains attached, the rest is done", async () => {
    await database.query("delete from app.orders");
    const may = at("2025-05-10T00:00:00Z");
    const other = await database.connect({ application_name: "orders" });
    const { result } = await withPlugin(
      database,
      may,
      async (plugin) => {
        const failed = deployment.up(plugin, may).then(() => "done", grpcMessage);
        await until(() => plugin.messages.some((message) => message.includes('"orders"')));
        await other.query("insert into app.orders select id, id, at from app.events where at < '2025-01-05'");
        await other.query("commit");
        return failed;
      },
      { started: () => void other.query("begin; select count(*) from app.events") },
    );
    await other.end();
    expect(result).toMatch(/detach "events_p2025_01": .*violates foreign key constraint.*remains attached/);
    expect(await partitions(database)).toContain("events_p2025_01");
    expect(await partitions(database)).not.toContain("events_p2025_02");
    expect((await left(database)).orphans).toEqual([]);
  });

  itAlike(version)("a key to one partition alone keeps the detached table from being dropped", async () => {
    const graced = (asOf: string) => at(asOf, { grace: "7 days" });
    await database.query(`delete from app.orders;
      create table app.notes (event bigint, event_at timestamptz, constraint notes_event foreign key (event, event_at) references app.events_p2025_01 (id, at));
      insert into app.notes select id, at from app.events where at < '2025-01-05'`);
    expect((await up(database, deployment, graced("2025-04-10T00:00:00Z"))).error).toBeUndefined();
    // It is refused to leave while rows refer to it, attached or not.
    expect(await partitions(database)).toContain("events_p2025_01");
    await database.query("delete from app.notes");
    // Without a row the key itself would be in the way of the drop.
    const keyed = await up(database, deployment, graced("2025-04-10T00:00:00Z"));
    expect(keyed.error).toBeUndefined();
    expect(keyed.messages.join("\n")).toMatch(/table constraint notes_event on app\.notes depends on it/);
    expect(await partitions(database)).toContain("events_p2025_01");
    await database.query("alter table app.notes drop constraint notes_event");
    await up(database, deployment, graced("2025-04-10T00:00:00Z"));
    expect(await partitions(database)).not.toContain("events_p2025_01");
    await database.query(`insert into app.notes select id, at from app.events_p2025_01 limit 1;
      alter table app.notes add constraint notes_event foreign key (event, event_at) references app.events_p2025_01 (id, at)`);
    const later = await up(database, deployment, graced("2025-04-20T00:00:00Z"));
    expect(later.error).toBeUndefined();
    expect(later.messages.join("\n")).toMatch(/1 row of app.notes refers to it \(foreign key "notes_event"\)/);
    expect(await database.query("select to_regclass('app.events_p2025_01') is null as gone")).toEqual([
      { gone: false },
    ]);
  });

  itAlike(version)("destroy is refused before anything goes, with every referring table", async () => {
    const before = (await left(database)).dump;
    const config = { allowDestroy: '["app.events"]' };
    const { result } = await withPlugin(
      database,
      at("2025-03-10T00:00:00Z"),
      (plugin) => deployment.destroy(plugin).then(() => "destroyed", grpcMessage),
      { config },
    );
    expect(result).toMatch(
      /"app.events" is not destroyed: app.orders refers to it by the foreign key "orders_event" \(5 rows\)/,
    );
    expect((await left(database)).dump).toBe(before);
  });

  itAlike(version)(
    "the partitions of the next months take rows that refer to them, and no statement names the referring table",
    async () => {
      let error: string | undefined;
      const sent = ddlOf(
        await statementsDuring(
          database,
          async () => ({ error } = await up(database, deployment, at("2025-04-10T00:00:00Z"))),
        ),
      );
      expect(error).toBeUndefined();
      expect(sent.filter((sql) => sql.includes("orders"))).toEqual([]);
      await database.query(
        "insert into app.events values (900, '2025-05-05', 'x'); insert into app.orders values (900, 900, '2025-05-05')",
      );
      await expect(database.query("delete from app.events where id = 900")).rejects.toThrow(
        /violates foreign key constraint .* on table "orders"/,
      );
    },
  );
});
