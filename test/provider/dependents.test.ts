// Views and whatever else needs a partition keep it, with a warning; and why a partition stays is said truly in every state.
import { beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { left, program } from "../support/harness/fixture";
import { grpcMessage } from "../support/harness/plugin";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";
import { partitions, nothingLeft } from "./support";
import { itAlike } from "../support/sample";

const at = (asOf: string, changes: Partial<TableSpecArgs> = {}) =>
  program(asOf, { indexes: {}, window: { lead: "1 month", retention: "2 months" }, grace: "none", ...changes });
const MARCH = "2025-03-10T00:00:00Z";
const MAY = "2025-05-10T00:00:00Z";
const OLD = "app.events_p2025_01";

describe.each(testVersions())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    expect((await up(database, deployment, at(MARCH))).error).toBeUndefined();
    await database.query(
      "insert into app.events select n, timestamptz '2025-01-03' + n * interval '1 day', 'x' from generate_series(0, 80) n",
    );
  });

  const exists = async (relation: string) =>
    (await database.query<{ is: boolean }>(`select to_regclass('${relation}') is not null as is`))[0]?.is;

  it("whatever needs an expired partition keeps it attached, each with the statement that ends it, and everything else continues", async () => {
    await database.query(`create table app.other (n bigint, at timestamptz); create table app.log (id bigint);
      create publication everything for table ${OLD}`);
    const needs = [
      [
        `create view app.v as select * from ${OLD}; create view app.w as select * from app.v`,
        "view app.w and view app.v",
      ],
      [
        `create materialized view app.m as select count(*) from ${OLD}; create index on app.m (count)`,
        "materialized view app.m",
      ],
      [
        `create function app.f(n int) returns bigint begin atomic select count(*) from ${OLD}; end`,
        "function app.f\\(integer\\)",
      ],
      [`create rule r as on insert to app.other do also select count(*) from ${OLD}`, "rule r on app.other"],
      [`alter table app.log add whole ${OLD}`, "table column app.log.whole"],
      [
        `alter table app.other add constraint fk foreign key (n, at) references ${OLD} (id, at)`,
        "table constraint fk on app.other",
      ],
      [
        `alter table app.other enable row level security; create policy p on app.other using (exists (select from ${OLD}))`,
        "policy p on app.other",
      ],
      [
        `create sequence app.s; alter sequence app.s owned by ${OLD}.id; alter table app.log alter column id set default nextval('app.s')`,
        "default value for app.log.id",
      ],
    ] as const;
    let first = true;
    for (const [sql, words] of needs) {
      await database.query(sql);
      const run = first ? await up(database, deployment, at(MAY)) : await preview(database, deployment, at(MAY));
      first = false;
      expect(run.error).toBeUndefined();
      const text = run.messages.join("\n");
      expect(text).toMatch(
        new RegExp(`remains attached, because it could not be dropped afterwards: (${words}) depends? on it`),
      );
      expect(await partitions(database)).toEqual([
        "events_p2025_01",
        "events_p2025_03",
        "events_p2025_04",
        "events_p2025_05",
        "events_p2025_06",
      ]);
      const ways = /, or run (.*?), and the next update continues/.exec(text)?.[1];
      await database.query(ways ?? "no way");
    }
    // The publication is none of it.
    expect((await up(database, deployment, at(MAY))).error).toBeUndefined();
    expect(await exists(OLD)).toBe(false);
    await nothingLeft(database, deployment, at(MAY));
  }, 240_000);

  itAlike(version)('onExpire "detach" is not hindered by a view', async () => {
    await database.query(`create view app.v as select * from ${OLD}`);
    expect(
      (await up(database, deployment, at(MAY, { onExpire: "detach", grace: undefined as never }))).error,
    ).toBeUndefined();
    expect(await partitions(database)).not.toContain("events_p2025_01");
  });

  itAlike(version)(
    "a view or a child that came in the grace keeps the detached table, and it goes once they are gone",
    async () => {
      const graced = (asOf: string) => at(asOf, { grace: "7 days" });
      await up(database, deployment, graced("2025-04-10T00:00:00Z"));
      await database.query(`create view app.v as select * from ${OLD}; create table app.child () inherits (${OLD})`);
      const kept = await up(database, deployment, graced("2025-04-20T00:00:00Z"));
      expect(kept.error).toBeUndefined();
      expect(kept.messages.join("\n")).toMatch(
        /its grace is over; is not dropped: table app.child and view app.v depend on it.*ALTER TABLE app.child NO INHERIT "app"."events_p2025_01"; DROP VIEW app.v/,
      );
      expect(await exists(OLD)).toBe(true);
      await database.query(`alter table app.child no inherit ${OLD}; drop view app.v`);
      expect((await up(database, deployment, graced("2025-04-20T00:00:00Z"))).error).toBeUndefined();
      expect([await exists(OLD), await exists("app.child")]).toEqual([false, true]);
    },
  );

  itAlike(version)(
    "a view that comes between the look and the drop is met in the same words, without a failure",
    async () => {
      const other = await database.connect({ application_name: "reports" });
      const { result, messages } = await withPlugin(
        database,
        at(MAY),
        async (plugin) => {
          const done = deployment.up(plugin, at(MAY)).then(() => "done", grpcMessage);
          await until(() => plugin.messages.some((message) => message.includes('"reports"')));
          await other.query(`create view app.late as select * from ${OLD}`);
          await other.query("commit");
          return done;
        },
        { started: () => void other.query("begin; select count(*) from app.events") },
      );
      await other.end();
      expect(result).toBe("done");
      expect(messages.join("\n")).toContain('partition "events_p2025_01" is not dropped: view app.late depends on it');
      expect([await exists(OLD), await exists("app.events_p2025_02")]).toEqual([true, false]);
      expect((await up(database, deployment, at(MAY))).error).toBeUndefined();
      await database.query("drop view app.late");
      expect((await up(database, deployment, at(MAY))).error).toBeUndefined();
      expect(await exists(OLD)).toBe(false);
    },
  );

  itAlike(version)("a destroy is refused before anything goes, with what needs a partition", async () => {
    await database.query(`create view app.v as select * from ${OLD}`);
    const before = (await left(database)).dump;
    const { result } = await withPlugin(
      database,
      at(MARCH),
      (plugin) => deployment.destroy(plugin).then(() => "destroyed", grpcMessage),
      { config: { allowDestroy: '["app.events"]' } },
    );
    expect(result).toMatch(/"app.events" is not destroyed: view app.v depends on it.*DROP VIEW app.v/);
    expect((await left(database)).dump).toBe(before);
  });

  itAlike(version).each([
    ["paused", { paused: true }, "retirement is paused"],
    [
      "outside of its hours",
      { allowRetireBetween: { from: "22:00", to: "23:00" } },
      "is retired only from 22:00 to 23:00",
    ],
    // The day of the program's clock is a Thursday.
    ["not on its days", { allowRetireOn: ["saturday"] }, "is retired only on saturday"],
  ] as const)(
    "%s, each partition is listed with its own reason, and no day that will not come",
    async (_what, stop, waits) => {
      await database.query(`create view app.v as select * from app.events_p2025_02;
      create table app.orders (id bigint, at timestamptz, foreign key (id, at) references app.events (id, at));
      insert into app.orders select id, at from app.events where at >= '2025-03-01' limit 1`);
      const changes = {
        ...stop,
        grace: "7 days",
        holds: [{ from: "2025-01-05", to: "2025-01-06", reason: "case 1" }],
      } as const;
      const text = (await preview(database, deployment, at("2025-07-10T00:00:00Z", changes))).messages.join("\n");
      const lines = text.split("\n").filter((line) => /^ +(?:not now: )?detach events_p2025_0[1-4] /.test(line));
      expect(lines).toEqual([
        expect.stringMatching(new RegExp(`events_p2025_04 .*${waits}`)),
        expect.stringMatching(/events_p2025_01 .*: held: case 1 /),
        expect.stringMatching(/events_p2025_02 .*remains attached.*view app.v/),
        expect.stringMatching(/events_p2025_03 .*is retained, because 1 row of app.orders refers to it/),
      ]);
      expect(lines.join("\n")).not.toContain("dropped on");
    },
  );
});
