import { mkdtempSync, renameSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { anyVersion } from "../support/database";
import { withArchivedTable } from "../support/harness/archived-table";
import { program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { partitions } from "./support";

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";
const may = "2025-05-10T00:00:00Z";

describe.each(anyVersion())("PostgreSQL %s, creation depends on nothing of retirement:", (version) => {
  const { database, deployment, folder } = withArchivedTable(version);

  const run = async (asOf: string, changes: Partial<TableSpecArgs>) => up(database, deployment, program(asOf, changes));
  const archived = (changes: Partial<TableSpecArgs> = {}) =>
    folder.declared({ archive: { to: `file://${folder.path}/store` }, ...changes });
  const FILLED = "insert into app.events select n, '2025-02-05', 'x' from generate_series(1, 100) n";
  const store = () => join(folder.path, "store");

  it.each(["window", "partition"] as const)(
    "with resources by the %s, a folder that is away: partitions are created, nothing leaves, the update fails at its end, and the next continues",
    async (resources) => {
      const changes = archived({ resources });
      renameSync(mkdtempSync(join(folder.path, "new-")), store());
      expect((await run(march, changes)).error).toBeUndefined();
      await database.query(FILLED);
      renameSync(store(), join(folder.path, "away"));
      const shown = await preview(database, deployment, program(april, changes));
      expect(shown.error).toBeUndefined();
      expect(shown.messages.join("\n")).toMatch(
        /nothing can be archived or restored now; partitions are still created/,
      );
      for (const [asOf, last] of [
        [april, "events_p2025_05"],
        [may, "events_p2025_06"],
      ] as const) {
        const failed = await run(asOf, changes);
        expect(failed.error).toMatch(/archive "events_p2025_02".*These remain as they are/);
        expect((await partitions(database)).at(-1)).toBe(last);
        expect(await database.query("select from app.events where at < '2025-03-01'")).toHaveLength(100);
      }
      renameSync(join(folder.path, "away"), store());
      expect((await run(may, changes)).error).toBeUndefined();
      expect(await partitions(database)).toEqual(["events_p2025_04", "events_p2025_05", "events_p2025_06"]);
    },
  );

  it.each<readonly [string, Partial<TableSpecArgs>, RegExp]>([
    [
      "a store that does not answer",
      { archive: { to: "s3://nowhere/x", region: "us-east-1", endpoint: "http://127.0.0.1:9" } },
      /archive "events_p2025_02".*nowhere/,
    ],
    [
      "an archive table in a database that does not answer",
      { archive: { to: { table: "app.archive", database: { url: "postgresql://archiver@127.0.0.1:9/nowhere" } } } },
      /archive "events_p2025_02".*127\.0\.0\.1/,
    ],
  ])("%s", async (_, changes, said) => {
    expect((await run(march, { resources: "window" })).error).toBeUndefined();
    const due = archived({ resources: "window", ...changes });
    const env = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_MAX_ATTEMPTS: "1" };
    const shown = await preview(database, deployment, program(april, due), { env });
    const failed = await up(database, deployment, program(april, due), { env });
    expect([shown.error, failed.error, await partitions(database)]).toEqual([
      undefined,
      expect.stringMatching(said),
      ["events_p2025_02", "events_p2025_03", "events_p2025_04", "events_p2025_05"],
    ]);
  });

  it("the facts of retirement cannot be read: all is created, nothing is retired, and every update reports why", async () => {
    const changes: Partial<TableSpecArgs> = { resources: "window", requireBackupSince: { query: "select 1 / 0" } };
    expect((await run(march, changes)).error).toBeUndefined();
    const backup = await run(april, changes);
    expect(backup.error).toBeUndefined();
    expect(backup.messages.join("\n")).toMatch(/requireBackupSince returns no answer/);
    // Of another table, which is locked: what maxBytesPerUpdate leaves to this one is not known.
    const other = {
      tables: { ...program(march).tables, other: { ...program(march).tables["events"], table: "other" } },
    };
    const both = { asOf: april, tables: other.tables as never };
    expect((await up(database, deployment, both)).error).toBeUndefined();
    const client = await database.connect();
    await client.query("begin; lock table only app.other in access exclusive mode");
    const limited = await up(database, deployment, program(may, { resources: "window" }), {
      config: { maxBytesPerUpdate: "1 GB", lockBudgetMs: "500" },
    });
    await client.query("rollback");
    await client.end();
    expect(limited.messages.join("\n")).toMatch(/nothing is retired: the facts that it needs cannot be read/);
    expect((await partitions(database)).at(-1)).toBe("events_p2025_06");
  });

  it("the record of the window and of the coming partitions cannot be written: reported at the end, nothing is retired", async () => {
    const changes: Partial<TableSpecArgs> = { resources: "window", grace: "none" };
    expect((await run(march, changes)).error).toBeUndefined();
    await database.query(`create function app.refuse() returns trigger language plpgsql as 'begin raise exception ''no room''; end';
      create trigger refuse before insert on pgpartition.prepared for each row execute function app.refuse()`);
    const prepared = await run(april, changes);
    expect(prepared.error).toMatch(/preparing the schedule of "app"."events"|preparing the schedule of "app\.events"/);
    expect(await partitions(database)).toEqual(["events_p2025_03", "events_p2025_04", "events_p2025_05"]);
    await database.query(`drop trigger refuse on pgpartition.prepared;
      create trigger refuse before update on pgpartition.registry for each row execute function app.refuse()`);
    const recorded = await run(may, changes);
    expect(recorded.error).toMatch(/recording the window of "app\.events".*no room/);
    expect(await partitions(database)).toEqual([
      "events_p2025_03",
      "events_p2025_04",
      "events_p2025_05",
      "events_p2025_06",
    ]);
    await database.query("drop trigger refuse on pgpartition.registry");
    expect((await run(may, changes)).error).toBeUndefined();
    expect(await partitions(database)).toEqual(["events_p2025_04", "events_p2025_05", "events_p2025_06"]);
  });

  it.each(["view", "materialized view", "sequence"])(
    "a %s under the name of a wanted partition stops that partition alone",
    async (kind) => {
      const changes: Partial<TableSpecArgs> = { resources: "window", grace: "none" };
      expect((await run(march, changes)).error).toBeUndefined();
      await database.query(`create ${kind} app.events_p2025_05${kind === "sequence" ? "" : " as select 1 as one"}`);
      const failed = await run(may, changes);
      expect(failed.error).toMatch(/partition "events_p2025_05": .*events_p2025_05/);
      expect(await partitions(database)).toEqual(["events_p2025_04", "events_p2025_06"]);
      await database.query(`drop ${kind} app.events_p2025_05`);
      expect((await run(may, changes)).error).toBeUndefined();
      expect(await partitions(database)).toEqual(["events_p2025_04", "events_p2025_05", "events_p2025_06"]);
    },
  );
});
