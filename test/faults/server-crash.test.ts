import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stopAt } from "../support/harness/stop-at";
import { ArchiveFolder } from "../support/harness/archive-folder";
import { Deployment } from "../support/harness/deployment";
import { program } from "../support/harness/fixture";
import { type OwnServer, startOwnServer } from "../support/harness/own-server";
import { preview, up } from "../support/harness/rounds";

let server: OwnServer;
const folder = mkdtempSync(join(tmpdir(), "server-crash-"));
beforeAll(async () => {
  server = await startOwnServer(18);
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

const window = { lead: "1 day", retention: "1 month" } as const;
const march = program("2025-03-10T00:00:00Z", { window, grace: "none" });
const april = program("2025-04-10T00:00:00Z", { window, grace: "none" });

it.each([
  ["inside the transaction that creates a partition", "after create partition app.events_p2025_04 #2"],
  ["between the intent and the detach", "before detach app.events_p2025_02"],
  ["inside the transaction that drops", "after drop app.events_p2025_02 #1"],
])(
  "B01 the server stops at once %s and is back in a moment: the next up ends as if nothing had been",
  async (_, point) => {
    await query("drop schema if exists app cascade; drop schema if exists pgpartition cascade; create schema app");
    const deployment = new Deployment();
    expect((await up(server, deployment, march)).error).toBeUndefined();
    await query("insert into app.events values (1, '2025-03-05', 'kept')");

    const stop = stopAt(point);
    const run = up(server, deployment, april, { env: stop.env });
    await stop.reached();
    await server.crash();
    await server.start();
    stop.goOn();
    const { error, messages } = await run;
    expect([error ?? "", ...messages].join("\n")).not.toContain(server.password);
    if (error !== undefined) {
      expect(error).toMatch(/the connection was lost .*outcome unknown|terminat|lock of the table was lost/);
      expect((await up(server, deployment, april)).error).toBeUndefined();
    }
    expect((await preview(server, deployment, april)).steps).toEqual([]);
    const partitions = await query(
      "select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'app.events'::regclass order by 1",
    );
    expect(partitions).toEqual([{ name: "events_p2025_03" }, { name: "events_p2025_04" }]);
    expect(await query("select note from app.events")).toEqual([{ note: "kept" }]);
    expect(await query("select relname from pg_class where relname like 'events_p2025_02%'")).toEqual([]);
  },
  60_000,
);

it("B01 kill -9 of the server in mid-export: nothing is dropped, and after its restart the next up ends with one whole archive", async () => {
  await query("drop schema if exists app cascade; drop schema if exists pgpartition cascade; create schema app");
  const deployment = new Deployment();
  const archive = new ArchiveFolder();
  const declared = archive.declared({ window, archive: { to: `file://${archive.path}`, spoolMegabytes: 16 } });
  const expiring = program("2025-04-10T00:00:00Z", declared);
  try {
    expect((await up(server, deployment, program("2025-03-10T00:00:00Z", declared))).error).toBeUndefined();
    await query(
      "insert into app.events select n, '2025-02-05', repeat(md5(n::text), 20) from generate_series(1, 40000) n",
    );
    // While the first part is held up the second one is being read.
    const stop = stopAt("after proof of part 1");
    const run = up(server, deployment, expiring, { env: stop.env });
    await stop.reached();
    await server.kill();
    await server.start();
    stop.goOn();
    const { error } = await run;
    // Where the server is back in time the same update takes its locks again, reads what is there and goes on.
    if (error !== undefined) {
      expect(error).toMatch(/archive "events_p2025_02": /);
      expect(await query("select count(*)::int as rows from app.events_p2025_02")).toEqual([{ rows: 40_000 }]);
      expect((await up(server, deployment, expiring)).error).toBeUndefined();
    }
    const manifest = archive.manifest(server, "20250201");
    expect(manifest.rows).toBe(40_000);
    expect(archive.objects(server, "20250201")).toHaveLength(manifest.parts.length + 1);
    expect(archive.objects(server, "20250201", 2)).toEqual([]);
    expect(await query("select from pg_class where relname = 'events_p2025_02'")).toEqual([]);
    expect((await preview(server, deployment, expiring)).steps).toEqual([]);
  } finally {
    archive.remove();
  }
}, 60_000);

async function query(sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}
