import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { beforeEach, expect, it } from "vitest";
import { findExecutable } from "../../tools/stand-ins/engine/executables";
import { withDatabase } from "../support/database";
import { stopAt } from "../support/harness/stop-at";
import { withArchiveFolder } from "../support/harness/archive-folder";
import { program, sessionsGone } from "../support/harness/fixture";
import type { PluginProcess } from "../support/harness/plugin";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { skipBecause } from "../support/skip";

const database = withDatabase();
const deployment = withDeployment(database);
const folder = withArchiveFolder();
const ROWS = 40_000;

beforeEach((context) => {
  if (process.platform !== "linux" || findExecutable("prlimit", process.env["PATH"]) === undefined)
    skipBecause(context, "prlimit, which limits the memory of a running process, is not on PATH");
});

/** Little is left to the plugin from the end of its first part on: DuckDB gets no more, or V8 aborts, whoever asks first. */
const LEFT_BYTES = 10_000_000;
const said =
  /archive "events_p2025_02": (writing|reading) .* no memory was left for DuckDB|Connection dropped|UNAVAILABLE|ECONNRESET/;

it("A15 memory runs out in mid-export: nothing is dropped, and the next up ends with one whole archive", async () => {
  const declared = folder.declared({ archive: { to: `file://${folder.path}`, spoolMegabytes: 16 } });
  const april = program("2025-04-10T00:00:00Z", declared);
  expect((await up(database, deployment, program("2025-03-10T00:00:00Z", declared))).error).toBeUndefined();
  await database.query(
    "insert into app.events select n, '2025-02-05', repeat(md5(n::text), 20) from generate_series(1, $1::int) n",
    [ROWS],
  );
  let plugin: PluginProcess | undefined;
  const stop = stopAt("after upload of part 1");
  const run = up(database, deployment, april, {
    env: stop.env,
    started: (started) => (plugin = started),
  });
  await stop.reached();
  limitData(plugin?.pid ?? 0, LEFT_BYTES);
  stop.goOn();
  expect((await run).error).toMatch(said);
  await sessionsGone(database);
  expect(await database.query("select count(*)::int as n from app.events_p2025_02")).toEqual([{ n: ROWS }]);
  expect((await up(database, deployment, april)).error).toBeUndefined();
  const manifest = folder.manifest(database, "20250201");
  expect(manifest.rows).toBe(ROWS);
  expect(folder.objects(database, "20250201")).toHaveLength(manifest.parts.length + 1);
  expect(folder.objects(database, "20250201", 2)).toEqual([]);
  expect(await database.query("select from pg_class where relname = 'events_p2025_02'")).toEqual([]);
  expect((await preview(database, deployment, april)).steps).toEqual([]);
});

/** Memory that is the process's own may grow by so much and no more. */
function limitData(pid: number, bytes: number): void {
  const status = readFileSync(`/proc/${String(pid)}/status`, "utf8");
  const data = Number(/^VmData:\s+(\d+)/m.exec(status)?.[1]) * 1024;
  execFileSync("prlimit", ["--pid", String(pid), `--data=${String(data + bytes)}`]);
}
