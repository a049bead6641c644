import { beforeEach, describe, expect, it } from "vitest";
import type { IndexArgs } from "../../core/declare/table/indexes";
import { testVersions, withDatabase } from "../support/database";
import { stopAt } from "../support/harness/stop-at";
import { Deployment } from "../support/harness/deployment";
import { left, program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { ddlOf, entryOf, identityOf, indexLines } from "./support";
import { itAlike } from "../support/sample";

const at = (indexes: Readonly<Record<string, IndexArgs>>) =>
  program("2025-03-10T00:00:00Z", { window: { lead: "1 day", retention: "1 month" }, indexes });
const rows = `insert into app.events select n, timestamptz '2025-02-01' + n * interval '30 minutes', 'n' || n from generate_series(1, 2000) n`;
const PARTITIONS = ["events_p2025_02", "events_p2025_03"];

describe.each(testVersions())("PostgreSQL %s, an index", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    expect((await up(database, deployment, at({}))).error).toBeUndefined();
    await database.query(rows);
  });

  it("is created ON ONLY the parent, CONCURRENTLY on each partition, attached, and valid at the end", async () => {
    const declared = at({ by_note: { columns: ["note"] } });
    let error: string | undefined;
    const sent = await statementsDuring(database, async () => ({ error } = await up(database, deployment, declared)));
    expect(error).toBeUndefined();
    expect(ddlOf(sent)).toEqual([
      'CREATE INDEX "events_by_note" ON ONLY "app"."events" USING btree ("note")',
      ...PARTITIONS.flatMap((partition) => [
        `CREATE INDEX CONCURRENTLY "${partition}_by_note" ON "app"."${partition}" USING btree ("note")`,
        `ALTER INDEX "app"."events_by_note" ATTACH PARTITION "app"."${partition}_by_note"`,
      ]),
    ]);
    expect(await indexLines(database, "by_note")).toEqual([
      "events_by_note valid",
      ...PARTITIONS.map((partition) => `${partition}_by_note valid < events_by_note`),
    ]);
    expect(entryOf(deployment, "events-by_note").outputs).toMatchObject({ valid: true, partitionCount: 2 });
    expect((await preview(database, deployment, declared)).steps).toEqual([]);
  });

  it("may be unique, partial, of expressions, ordered, covering, of another method; each is found equal afterwards", async () => {
    const declared = at({
      uniq: { columns: ["note", "at"], unique: true },
      part: { columns: ["id"], where: "note IS NOT NULL and id > 10" },
      expr: { columns: [{ expression: "lower(note)" }, { column: "at", order: "desc", nulls: "last" }] },
      cover: { columns: ["at"], include: ["note"] },
      hash: { columns: ["note"], method: "hash" },
      brin: { columns: ["at"], method: "brin" },
    });
    expect((await up(database, deployment, declared)).error).toBeUndefined();
    const { dump, orphans } = await left(database);
    expect(orphans).toEqual([]);
    expect(dump).toContain(
      "CREATE UNIQUE INDEX events_p2025_02_uniq ON app.events_p2025_02 USING btree (note, at) valid=t",
    );
    expect(dump).toContain(
      "events_p2025_03_part ON app.events_p2025_03 USING btree (id) WHERE ((note IS NOT NULL) AND (id > 10)) valid=t",
    );
    expect(dump).toContain("USING btree (lower(note), at DESC NULLS LAST) valid=t ready=t attached=app.events_expr");
    expect(dump).toContain("USING btree (at) INCLUDE (note) valid=t ready=t attached=app.events_cover");
    expect(dump.match(/attached=app\.events_(hash|brin)$/gm)).toHaveLength(4);
    expect((await up(database, deployment, declared)).steps).toEqual([]);
    // With an empty state everything is adopted by what the server printed.
    let error: string | undefined;
    const sent = await statementsDuring(
      database,
      async () => ({ error } = await up(database, new Deployment(), declared)),
    );
    expect([error, ddlOf(sent)]).toEqual([undefined, []]);
  });

  itAlike(version)(
    "that rows forbid is a red resource that the next update finishes, once the rows allow it",
    async () => {
      await database.query("insert into app.events values (1, '2025-02-05', 'twice'), (2, '2025-02-05', 'twice')");
      const declared = at({ uniq: { columns: ["note", "at"], unique: true } });
      const first = await up(database, deployment, declared);
      expect(first.error).toContain('index "events_uniq"');
      expect(first.error).toMatch(/twice|could not create unique index/);
      expect(entryOf(deployment, "events-uniq").initErrors).not.toEqual([]);
      expect(await indexLines(database, "uniq")).toContain("events_p2025_02_uniq INVALID");
      await database.query("delete from app.events where id = 2 and note = 'twice'");
      expect((await up(database, deployment, declared)).error).toBeUndefined();
      expect((await left(database)).orphans).toEqual([]);
      expect((await preview(database, deployment, declared)).steps).toEqual([]);
    },
  );

  itAlike(version)(
    "covers a partition that appears between the look at the partitions and the parent's index",
    async () => {
      const declared = at({ by_note: { columns: ["note"] } });
      const stop = stopAt("before begin index app.events_by_note");
      const run = up(database, deployment, declared, { env: stop.env });
      await stop.reached();
      await database.query(`create table app.late (like app.events);
      insert into app.late values (1, '2025-06-05', 'late'), (2, '2025-06-06', 'late');
      alter table app.late add primary key (id, at);
      alter table app.events attach partition app.late for values from ('2025-06-01 00:00+00') to ('2025-07-01 00:00+00')`);
      stop.goOn();
      expect((await run).error).toBeUndefined();
      expect(await indexLines(database, "note")).toEqual([
        "events_by_note valid",
        ...PARTITIONS.map((partition) => `${partition}_by_note valid < events_by_note`),
        expect.stringMatching(/^late_.*note.* valid < events_by_note$/),
      ]);
      expect((await left(database)).orphans).toEqual([]);
    },
  );

  itAlike(version)(
    "is never changed in place: Check refuses another definition, and the old index remains as it is",
    async () => {
      await up(database, deployment, at({ by_note: { columns: ["note"] } }));
      const before = await identityOf(database, "app.events_p2025_02_by_note");
      for (const changed of [
        { columns: ["note", "id"] },
        { columns: ["note"], unique: true },
        { columns: ["note"], where: "id > 5" },
        { columns: ["note"], name: "{table}_other" },
      ]) {
        const refused = await preview(database, deployment, at({ by_note: changed }));
        expect(refused.error).toMatch(/an index is never changed in place|must (contain|include)|partition key/);
      }
      expect(await identityOf(database, "app.events_p2025_02_by_note")).toBe(before);
    },
  );

  itAlike(version)(
    "of the same name that was created by hand is refused when it is another one, with both definitions",
    async () => {
      await database.query("create index events_by_note on app.events (note, id)");
      const before = await indexLines(database, "note");
      const run = await up(database, deployment, at({ by_note: { columns: ["note"] } }));
      expect(run.error).toContain('declared USING btree ("note"), found USING btree (note, id)');
      expect(await indexLines(database, "note")).toEqual(before);
    },
  );

  itAlike(version)(
    "is dropped from the parent and every partition when it leaves the program, and only that one",
    async () => {
      await up(database, deployment, at({ by_note: { columns: ["note"] }, keep: { columns: ["id"] } }));
      expect((await up(database, deployment, at({ keep: { columns: ["id"] } }))).error).toBeUndefined();
      expect(await indexLines(database, "by_note")).toEqual([]);
      expect(await indexLines(database, "keep")).toHaveLength(3);
      expect(await database.query("select count(*)::int as n from app.events")).toEqual([{ n: 2000 }]);
      // And it can come back.
      expect(
        (await up(database, deployment, at({ by_note: { columns: ["note"] }, keep: { columns: ["id"] } }))).error,
      ).toBeUndefined();
      expect(await indexLines(database, "by_note")).toHaveLength(3);
    },
  );
});
