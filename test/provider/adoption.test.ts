import { describe, expect, it } from "vitest";
import { testVersions, withDatabase } from "../support/database";
import { left, program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { ddlOf, identityOf, indexLines, partitions, ledger, partitionOf } from "./support";

const march = program("2025-03-10T00:00:00Z");
const bare = program("2025-03-10T00:00:00Z", { indexes: {} });
const parent = `create table app.events (id bigint not null, at timestamptz not null, note text, primary key (id, at))
  partition by range (at)`;
const bounds = (from: string, to: string) => `for values from ('${from} 00:00+00') to ('${to} 00:00+00')`;
const months = [
  `create table app.february partition of app.events ${bounds("2025-02-01", "2025-03-01")}`,
  `create table app.march partition of app.events ${bounds("2025-03-01", "2025-04-01")}`,
  `create table app.april partition of app.events ${bounds("2025-04-01", "2025-05-01")}`,
  "insert into app.events select n, timestamptz '2025-02-03' + n * interval '1 hour', 'x' from generate_series(1, 800) n",
];

describe.each(testVersions())("PostgreSQL %s, objects created by hand", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  const byHand = (...statements: string[]) => database.query([parent, ...statements].join(";\n"));

  it("adopts partitions of equal bounds under their own names without one statement that changes them", async () => {
    await byHand(...months);
    const before = await identityOf(database, "app.february");
    let error: string | undefined;
    const sent = await statementsDuring(database, async () => ({ error } = await up(database, deployment, bare)));
    expect(error).toBeUndefined();
    expect(ddlOf(sent)).toEqual([]);
    expect(await partitions(database)).toEqual(["february", "march", "april"]);
    expect(await identityOf(database, "app.february")).toBe(before);
    expect(partitionOf(deployment, "2025-02-01").outputs["partition"]).toBe("february");
    expect(partitionOf(deployment, "2025-02-01").id).toBe("app.events#february");
    expect(await ledger(database)).toEqual(
      expect.arrayContaining(["adopted february", "adopted march", "adopted april"]),
    );
    expect((await preview(database, deployment, bare)).steps).toEqual([]);
  });

  it("attaches partition indexes that are equal already, whatever their names, and rebuilds none", async () => {
    await byHand(
      ...months,
      "create index note_feb on app.february (note)",
      "create index note_mar on app.march (note)",
    );
    const before = [await identityOf(database, "app.note_feb"), await identityOf(database, "app.note_mar")];
    let error: string | undefined;
    const sent = await statementsDuring(database, async () => ({ error } = await up(database, deployment, march)));
    expect(error).toBeUndefined();
    expect([await identityOf(database, "app.note_feb"), await identityOf(database, "app.note_mar")]).toEqual(before);
    // Only april had none.
    expect(ddlOf(sent).filter((sql) => sql.includes("CONCURRENTLY"))).toEqual([
      expect.stringContaining('CREATE INDEX CONCURRENTLY "april_by_note"'),
    ]);
    expect(await indexLines(database, "note")).toEqual([
      "april_by_note valid < events_by_note",
      "events_by_note valid",
      "note_feb valid < events_by_note",
      "note_mar valid < events_by_note",
    ]);
    expect((await preview(database, deployment, march)).steps).toEqual([]);
  });

  it("knows an equal partition index by how the server prints it, also in the first run", async () => {
    const partial = { columns: ["id"], where: "note in ('x', 'y')" };
    await byHand(...months, `create index small on app.february (id) where ${partial.where}`);
    const before = await identityOf(database, "app.small");
    const declared = program("2025-03-10T00:00:00Z", { indexes: { partial } });
    expect((await up(database, deployment, declared)).error).toBeUndefined();
    expect(await identityOf(database, "app.small")).toBe(before);
    expect(await indexLines(database, "small|february_partial")).toEqual(["small valid < events_partial"]);
  });

  it("does not take an index of other columns, order or predicate for an equal one", async () => {
    const others = ["(note desc)", "(note) where id > 5", "(id)", "(note, id)"];
    await byHand(...months, ...others.map((text, n) => `create index other_${String(n)} on app.february ${text}`));
    expect((await up(database, deployment, march)).error).toBeUndefined();
    expect(await indexLines(database, "^other|february_by")).toEqual([
      "february_by_note valid < events_by_note",
      ...others.map((_, n) => `other_${String(n)} valid`),
    ]);
  });

  it.each([
    [
      "overlaps",
      "strange",
      bounds("2025-03-10", "2025-04-20"),
      "2025-03-01T00:00:00Z/2025-04-01T00:00:00Z",
      "2025-04-20",
    ],
    // Next to the window, not in it: only the name is in the way.
    [
      "exists with other bounds",
      "events_p2025_04",
      bounds("2025-06-01", "2025-06-03"),
      "2025-04-01T00:00:00Z",
      "2025-06-03",
    ],
  ])(
    "refuses a partition that %s, with both bounds shown, and changes nothing of it",
    async (words, name, text, wanted, found) => {
      await byHand(`create table app.${name} partition of app.events ${text}`);
      const before = (await left(database)).dump;
      for (const run of [await preview(database, deployment, bare), await up(database, deployment, bare)]) {
        expect(run.error).toContain(words);
        expect(run.error).toContain(wanted);
        expect(run.error).toContain(found);
      }
      const after = (await left(database)).dump.split("\n");
      expect(after).toEqual(expect.arrayContaining(before.split("\n")));
    },
  );

  it("refuses a table whose columns or key are others, names each difference, and does not register it", async () => {
    await database.query(
      "create table app.events (id integer not null, at timestamp not null, primary key (id, at)) partition by range (at)",
    );
    const run = await up(database, deployment, bare);
    expect(run.error).toMatch(/"?id"?.*integer/);
    expect(run.error).toMatch(/"?at"?.*timestamp without time zone/);
    expect(run.error).toContain("note");
    expect(await database.query("select table_name from pgpartition.registry")).toEqual([]);
  });
});
