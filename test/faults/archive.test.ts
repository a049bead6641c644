import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { anyVersion } from "../support/database";
import { withArchivedTable } from "../support/harness/archived-table";
import { Deployment } from "../support/harness/deployment";
import { program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";
const later = "2025-04-20T00:00:00Z";

/** Each outcome is the same: nothing lost, nothing twice, an error that says what is wrong, and the next update completes it. */
describe.each(anyVersion())("PostgreSQL %s, an archive that is disturbed", (version) => {
  const { database, deployment, folder, succeeded, rowsOfFebruary } = withArchivedTable(version);

  const waiting = { grace: "7 days" } as const;

  /** February is archived and waits for the end of its grace. */
  async function archivedAndWaiting(): Promise<void> {
    await succeeded(march, waiting);
    await database.query("insert into app.events select n, '2025-02-05', 'x' from generate_series(1, 1000) n");
    await succeeded(april, waiting);
    expect(folder.manifest(database, "20250201").rows).toBe(1000);
  }

  const there = async (): Promise<boolean> => (await rowsOfFebruary()) !== undefined;

  /** The update at the end of the grace refuses the drop, the one after it archives anew, and the last one drops. */
  async function refusedThenCompleted(reason: RegExp, generation: number, rows = 1000): Promise<void> {
    const refused = await up(database, deployment, program(later, folder.declared(waiting)));
    expect(refused.error).toMatch(reason);
    expect(await there()).toBe(true);
    const again = await up(database, deployment, program(later, folder.declared(waiting)));
    expect(again.error).toBeUndefined();
    expect(folder.manifest(database, "20250201", generation).rows).toBe(rows);
    const last = await up(database, deployment, program("2025-05-01T00:00:00Z", folder.declared(waiting)));
    expect(last.error).toBeUndefined();
    expect(await there()).toBe(false);
  }

  it("C13 C14 E14 a row written past the fence after the export: no drop, and another generation with the row", async () => {
    await archivedAndWaiting();
    await database.query(`alter table app.events_p2025_02 disable trigger pgpartition_fence;
      insert into app.events_p2025_02 values (9999, '2025-02-06', 'late');
      alter table app.events_p2025_02 enable always trigger pgpartition_fence`);
    await refusedThenCompleted(/fence around .* was open since it was archived/, 2, 1001);
    expect(folder.manifest(database, "20250201", 1).rows).toBe(1000);
  });

  it("E14 a fence that was opened and closed without a write: a new hash shows it, and the archive remains valid", async () => {
    await archivedAndWaiting();
    await database.query("drop trigger pgpartition_fence on app.events_p2025_02");
    await refusedThenCompleted(/fence around .* was open/, 1);
    expect(folder.objects(database, "20250201", 2)).toEqual([]);
  });

  it("E10 a deleted manifest: no drop, and it is written again", async () => {
    await archivedAndWaiting();
    rmSync(join(folder.of(database, "20250201"), "_manifest.json"));
    await refusedThenCompleted(/_manifest\.json" is gone/, 1);
  });

  it("E10 a deleted object: no drop, and it is stored again from the same rows", async () => {
    await archivedAndWaiting();
    rmSync(join(folder.of(database, "20250201"), "part-00001.parquet"));
    await refusedThenCompleted(/part-00001\.parquet" is gone/, 1);
  });

  it("E04 an altered object: no drop, it is not overwritten, and another generation is created", async () => {
    await archivedAndWaiting();
    appendFileSync(join(folder.of(database, "20250201"), "part-00001.parquet"), "x");
    await refusedThenCompleted(
      /part-00001\.parquet" is damaged: its SHA-256 is [0-9a-f]{64}, in the manifest [0-9a-f]{64} \(\d+ and \d+ bytes\)/,
      2,
    );
  });

  it("E04 a manifest of another hand: no drop, and another generation is created", async () => {
    await archivedAndWaiting();
    writeFileSync(join(folder.of(database, "20250201"), "_manifest.json"), "{}");
    await refusedThenCompleted(/_manifest\.json cannot be read/, 2);
  });

  it("E13 a row of the ledger deleted by hand: the archive is found again, and not created twice", async () => {
    await archivedAndWaiting();
    await database.query(`alter table pgpartition.ledger disable trigger all;
      delete from pgpartition.ledger where event = 'archived';
      alter table pgpartition.ledger enable trigger all`);
    const run = await up(database, deployment, program("2025-05-01T00:00:00Z", folder.declared(waiting)));
    expect(run.error).toBeUndefined();
    expect(folder.objects(database, "20250201")).toEqual(["_manifest.json", "part-00001.parquet"]);
    expect(folder.objects(database, "20250201", 2)).toEqual([]);
  });

  it("C09 E13 a partition that is not archived, and one that is held, are dropped by no schedule, edit of the program, lost state or removal", async () => {
    const held = { holds: [{ from: "2025-03-01", to: "2025-04-01", reason: "case 7" }] };
    const declared = folder.declared(held);
    expect((await up(database, deployment, program(march, declared))).error).toBeUndefined();
    await database.query(`insert into app.events select n, '2025-02-05', 'x' from generate_series(1, 70) n;
      insert into app.events select n, '2025-03-05', 'x' from generate_series(1, 90) n`);
    // A file where the folder of the database has to be.
    const inTheWay = join(folder.path, new URL(database.url).pathname.slice(1));
    writeFileSync(inTheWay, "");
    const may = (changes: Partial<TableSpecArgs>) => program("2025-05-10T00:00:00Z", changes);
    expect((await up(database, deployment, may(declared))).error).toMatch(/archive "events_p2025_02"/);
    const bothThere = async (): Promise<void> =>
      expect(
        await database.query(`select (select count(*)::int from app.events_p2025_02) as february,
          (select count(*)::int from app.events_p2025_03) as march`),
      ).toEqual([{ february: 70, march: 90 }]);

    await database.query("call pgpartition.ensure_window('app.events', '2025-08-10')");
    await bothThere();
    const plain = { onExpire: "drop", grace: "none", ...held } as const;
    const edited = await preview(database, deployment, may(plain));
    expect(edited.messages.join("\n")).toContain('to be archived, which onExpire "drop" does not do: it is retained');
    expect((await up(database, deployment, may(plain))).error).toBeUndefined();
    await bothThere();
    expect((await up(database, new Deployment(), may(plain))).error).toBeUndefined();
    await bothThere();
    const removed = await up(database, deployment, { tables: {}, asOf: may(plain).asOf });
    expect(removed.error).toMatch(/is not destroyed: it holds|is not deleted, whatever it holds/);
    await bothThere();

    rmSync(inTheWay);
    expect((await up(database, deployment, may(declared))).error).toBeUndefined();
    expect(folder.manifest(database, "20250201").rows).toBe(70);
    expect(await there()).toBe(false);
    await database.query("call pgpartition.ensure_window('app.events', '2025-09-10')");
    expect(await database.query("select from app.events_p2025_03")).toHaveLength(90);
  });

  it("C16 VACUUM FULL in the middle of an export: it is restarted, and whole", async () => {
    await succeeded(march, waiting);
    await database.query(
      "insert into app.events select n, '2025-02-05', repeat(md5(n::text), 20) from generate_series(1, 40000) n",
    );
    const small = folder.declared({ ...waiting, archive: { to: `file://${folder.path}`, spoolMegabytes: 16 } });
    const killed = await up(database, deployment, program(april, small), {
      env: { PGPARTITION_FAULT: "after upload of part 1:throw" },
    });
    expect(killed.error).toMatch(/fault injected/);
    await database.query("vacuum full app.events_p2025_02");
    expect((await up(database, deployment, program(april, small))).error).toBeUndefined();
    expect(folder.manifest(database, "20250201", 2).rows).toBe(40_000);
  });

  it("E09 a foreign object under the name of a part: an error that names it, never overwritten; the next update takes another generation", async () => {
    expect((await up(database, deployment, program(march, folder.declared()))).error).toBeUndefined();
    await database.query("insert into app.events select n, '2025-02-05', 'x' from generate_series(1, 10) n");
    const { mkdirSync, readFileSync } = await import("node:fs");
    mkdirSync(folder.of(database, "20250201"), { recursive: true });
    const file = join(folder.of(database, "20250201"), "part-00001.parquet");
    writeFileSync(file, "theirs");
    const refused = await up(database, deployment, program(april, folder.declared()));
    expect(refused.error).toMatch(/part-00001\.parquet" exists with other content/);
    expect(readFileSync(file, "utf8")).toBe("theirs");
    expect(await there()).toBe(true);
    expect((await up(database, deployment, program(april, folder.declared()))).error).toBeUndefined();
    expect(folder.manifest(database, "20250201", 2).rows).toBe(10);
    expect(await there()).toBe(false);
  });

  it("E16 two updates at once: one archives, the other waits or finds it done; one archive exists", async () => {
    await succeeded(march, waiting);
    await database.query("insert into app.events select n, '2025-02-05', 'x' from generate_series(1, 20000) n");
    const other = new Deployment();
    for (const [urn, entry] of deployment.state) other.state.set(urn, entry);
    const declared = program(april, folder.declared(waiting));
    const runs = await Promise.all([up(database, deployment, declared), up(database, other, declared)]);
    expect(runs.some(({ error }) => error === undefined)).toBe(true);
    expect(folder.manifest(database, "20250201").rows).toBe(20_000);
    expect(folder.objects(database, "20250201", 2)).toEqual([]);
    expect((await preview(database, deployment, declared)).steps).toEqual([]);
  });
});
