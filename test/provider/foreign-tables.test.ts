import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { onDatabase } from "../cli/support";
import { anyVersion, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { eventsTable, left } from "../support/harness/fixture";
import { preview, refresh, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { ddlOf, indexLines, partitions, ledger } from "./support";

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";

describe.each(anyVersion())("PostgreSQL %s, a foreign table among the partitions", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database, ["app", "far"]);
  let directory: string;

  /** February is elsewhere: a table of schema `far`, reached through a server that leads back here. */
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "pgpartition-test-foreign-"));
    const { host, port, user, password } = database;
    await database.query(`create extension if not exists postgres_fdw;
      drop server if exists far cascade;
      create server far foreign data wrapper postgres_fdw options (host '${host}', port '${String(port)}', dbname '${database.database}');
      create user mapping for public server far options (user '${user}', password '${password}');
      grant usage on foreign server far to "${user}";
      create table far.february (id bigint not null, at timestamptz not null, note text);
      insert into far.february select n, '2025-02-05', 'far' from generate_series(1, 100) n;
      create table app.events (id bigint not null, at timestamptz not null, note text) partition by range (at);
      create foreign table app.events_p2025_02 partition of app.events
        for values from ('2025-02-01 00:00:00+00') to ('2025-03-01 00:00:00+00') server far options (schema_name 'far', table_name 'february')`);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const declared = (asOf: string, changes: Partial<TableSpecArgs> = {}): Program => {
    const { primaryKey: _, grace = "7 days", ...events } = eventsTable(changes);
    return { asOf, tables: { events: events.onExpire === "detach" ? events : { ...events, grace } } };
  };
  /** The index of the table itself is never called valid by the server, and nothing depends on that. */
  const settled = async (now: Program): Promise<void> => {
    expect((await preview(database, deployment, now)).steps).toEqual([]);
    const result = await refresh(database, deployment, now);
    expect(result).toEqual([]);
    expect((await preview(database, deployment, now)).steps).toEqual([]);
    expect(
      (await left(database)).orphans.filter((orphan) => !orphan.startsWith("invalid index: app.events_by_")),
    ).toEqual([]);
  };
  const rows = "select count(*)::int as n from far.february";

  it.each(["window", "partition"] as const)(
    "with resources by the %s: it is named in every plan, all others have what is declared, and a second update has nothing to do",
    async (resources) => {
      const changes: Partial<TableSpecArgs> = {
        resources,
        replicaIdentity: "full",
        storage: { hot: { options: { fillfactor: 90 } } },
        statistics: { note: 500 },
        grants: { public: ["select"] },
      };
      const march1 = declared(march, changes);
      expect((await onDatabase(database, "adopt", "app.events")).stdout).toMatch(
        /"events_p2025_02" is a foreign table/,
      );
      expect((await preview(database, deployment, march1)).messages.join("\n")).toMatch(
        /"events_p2025_02" is a foreign table: its rows are elsewhere/,
      );
      const made = await up(database, deployment, march1);
      expect(made.error).toBeUndefined();
      expect(await partitions(database)).toEqual(["events_p2025_02", "events_p2025_03", "events_p2025_04"]);
      expect((await indexLines(database, "note")).filter((line) => line.includes("p2025"))).toEqual([
        expect.stringMatching(/^events_p2025_03.* valid < events_by_note$/),
        expect.stringMatching(/^events_p2025_04.* valid < events_by_note$/),
      ]);
      await settled(march1);
      expect(await database.query("select from app.events where note = 'far'")).toHaveLength(100);
      // One more index, with the partitions there.
      const more = declared(march, {
        ...changes,
        indexes: { by_note: { columns: ["note"] }, by_id: { columns: ["id"] } },
      });
      expect((await up(database, deployment, more)).error).toBeUndefined();
      await settled(more);
    },
  );

  it.each(["window", "partition"] as const)(
    "with resources by the %s, to be archived: it remains with a warning and the fix, and keeps nothing else",
    async (resources) => {
      const changes: Partial<TableSpecArgs> = {
        resources,
        onExpire: "archive",
        grace: "none",
        archive: { to: `file://${directory}` },
      };
      expect((await up(database, deployment, declared(march, changes))).error).toBeUndefined();
      for (const asOf of [april, "2025-05-10T00:00:00Z"]) {
        const later = await up(database, deployment, declared(asOf, changes));
        expect(later.error).toBeUndefined();
        expect(later.messages.join("\n")).toMatch(
          /"events_p2025_02" has expired .*is a foreign table.*DETACH PARTITION "app"\."events_p2025_02" CONCURRENTLY detaches it/,
        );
      }
      expect(await partitions(database)).toEqual([
        "events_p2025_02",
        "events_p2025_04",
        "events_p2025_05",
        "events_p2025_06",
      ]);
      expect((await ledger(database)).filter((line) => line.startsWith("dropped"))).toEqual([
        "dropped events_p2025_03",
      ]);
      await database.query('alter table app.events detach partition "app"."events_p2025_02" concurrently');
      expect((await up(database, deployment, declared("2025-05-10T00:00:00Z", changes))).error).toBeUndefined();
      expect(await database.query("select from app.events_p2025_02")).toHaveLength(100);
    },
  );

  it("to be dropped: it is detached, after its grace its definition goes, and its rows are where they were", async () => {
    const changes: Partial<TableSpecArgs> = { resources: "window", onExpire: "drop", grace: "7 days" };
    expect((await up(database, deployment, declared(march, changes))).error).toBeUndefined();
    expect((await up(database, deployment, declared(april, changes))).error).toBeUndefined();
    expect(await partitions(database)).toEqual(["events_p2025_03", "events_p2025_04", "events_p2025_05"]);
    expect(await database.query("select from app.events_p2025_02")).toHaveLength(100);
    const after = declared("2025-04-20T00:00:00Z", changes);
    expect((await preview(database, deployment, after)).messages.join("\n")).toMatch(
      /a foreign table: its definition is dropped, its rows are not[^]*DROP FOREIGN TABLE "app"\."events_p2025_02"/,
    );
    expect((await up(database, deployment, after)).error).toBeUndefined();
    expect(await database.query("select from pg_class where relname = 'events_p2025_02'")).toEqual([]);
    expect(await database.query(rows)).toEqual([{ n: 100 }]);
    expect((await ledger(database)).slice(-1)).toEqual(["dropped events_p2025_02"]);
    await settled(after);
  });

  it("whose server is away, and one without any way to read it, keep nothing from being created", async () => {
    await database.query(`alter server far options (set port '9');
      create foreign data wrapper nowhere; create server nowhere foreign data wrapper nowhere;
      create foreign table app.older partition of app.events for values from ('2025-01-01 00:00:00+00') to ('2025-02-01 00:00:00+00') server nowhere`);
    try {
      for (const asOf of [march, april]) {
        const run = await up(database, deployment, declared(asOf, { resources: "window", onExpire: "detach" }));
        expect(run.error).toBeUndefined();
      }
      expect((await partitions(database)).slice(-3)).toEqual(["events_p2025_03", "events_p2025_04", "events_p2025_05"]);
      expect(await database.query(rows)).toEqual([{ n: 100 }]);
    } finally {
      await database.query("drop foreign data wrapper nowhere cascade");
    }
  });

  it("goes with a table that is destroyed as what it is, and its rows remain where they are", async () => {
    expect((await up(database, deployment, declared(march))).error).toBeUndefined();
    const sent = ddlOf(
      await statementsDuring(database, () =>
        withPlugin(database, declared(march), (plugin) => deployment.destroy(plugin), {
          config: { allowDestroy: '["app.events"]' },
        }),
      ),
    );
    expect(sent.filter((sql) => sql.includes("p2025_02"))).toEqual([
      'ALTER TABLE "app"."events" DETACH PARTITION "app"."events_p2025_02" CONCURRENTLY',
      'DROP FOREIGN TABLE "app"."events_p2025_02"',
    ]);
    expect(await database.query("select from pg_class where relname like 'events%'")).toEqual([]);
    expect(await database.query(rows)).toEqual([{ n: 100 }]);
  });
});
