import { type ChildProcess, spawn } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pulumiEnvironment } from "../../tools/stand-ins/engine/environment";
import { resolveEngine } from "../../tools/stand-ins/engine/resolve";
import { withDatabase } from "../support/database";
import { stopAt } from "../support/harness/stop-at";
import { ArchiveFolder } from "../support/harness/archive-folder";
import { eventsTable, left, reset, sessionsGone } from "../support/harness/fixture";
import { said, withProgram } from "../support/harness/program";
import { childrenOf, endsWithin } from "../support/processes";

// One run of the real engine for each class of fault; what differs within a class is tested over gRPC.
const database = withDatabase();
const app = withProgram(database);
const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";
const events = eventsTable({ window: { lead: "1 month", retention: "1 month" } });
const up = ["up", "--yes", "--skip-preview"];
const children: ChildProcess[] = [];

beforeAll(async () => {
  await reset(database);
  app.declare({ tables: { events }, asOf: march });
  expect(await app.run(["stack"])).toMatchObject({ code: 0 });
});
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** Starts the CLI by itself, to kill it at a fault point of its plugin; the plugins that it had started. */
async function killedAt(point: string, then: "goes on" | "stays there"): Promise<number[]> {
  const engine = await resolveEngine();
  const stop = stopAt(point);
  const env = { ...process.env, ...app.project.env, ...stop.env };
  const args = [...up, "--non-interactive", "--color=never", "--stack", "test"];
  const child = spawn(engine.command, args, {
    cwd: app.project.folder,
    env: pulumiEnvironment(engine, env),
    stdio: "ignore",
  });
  children.push(child);
  const exited = new Promise((resolve) => child.once("exit", resolve));
  await stop.reached();
  const plugins = childrenOf(child.pid ?? 0, "plugin.cjs");
  child.kill("SIGKILL");
  await exited;
  if (then === "goes on") stop.goOn();
  return plugins;
}

it("A13 the CLI is killed while it creates: pending operations are left, the next up adopts and creates nothing twice", async () => {
  app.declare({ tables: { events }, asOf: march });
  await killedAt("after commit create partition app.events_p2025_03", "goes on");
  await sessionsGone(database, 15_000);
  const state = await app.state();
  expect(state.deployment.pending_operations?.map(({ type }) => type)).toContain("creating");
  await app.run(["cancel", "--yes"]);
  const next = await app.run(up);
  expect(said(next)).toMatch(/pending/i);
  if (next.code !== 0) {
    expect((await app.run(["refresh", "--yes", "--skip-preview", "--clear-pending-creates"])).code).toBe(0);
    expect(await app.run(up)).toMatchObject({ code: 0 });
  }
  expect(await app.run([...up, "--expect-no-changes"])).toMatchObject({ code: 0 });
  const { dump, orphans } = await left(database);
  expect(orphans).toEqual([]);
  expect(dump.match(/^relation app.events_p2025_0[234] /gm)).toHaveLength(3);
}, 180_000);

it("A13 the commands of docs/troubleshooting.md after a killed CLI: cancel, then refresh --clear-pending-creates; nothing warns any more", async () => {
  app.declare({ tables: { events }, asOf: march });
  await app.run(up);
  app.declare({ tables: { events: { ...events, window: { lead: "2 months", retention: "1 month" } } }, asOf: march });
  await killedAt("after commit create partition app.events_p2025_05", "goes on");
  await sessionsGone(database, 15_000);
  const locked = await app.run(up);
  expect(locked.code).not.toBe(0);
  expect(said(locked)).toMatch(/pulumi cancel/);
  expect((await app.run(["cancel", "--yes"])).code).toBe(0);
  const before = await app.state();
  expect(before.deployment.pending_operations?.map(({ type }) => type)).toContain("creating");
  expect((await app.run(["refresh", "--yes", "--skip-preview", "--clear-pending-creates"])).code).toBe(0);
  expect((await app.state()).deployment.pending_operations ?? []).toEqual([]);
  const next = await app.run(up);
  expect(next.code).toBe(0);
  expect(said(next)).not.toMatch(/pending/i);
  expect(await app.run([...up, "--expect-no-changes"])).toMatchObject({ code: 0 });
  const { dump, orphans } = await left(database);
  expect(orphans).toEqual([]);
  expect(dump.match(/^relation app.events_p2025_05 /gm)).toHaveLength(1);
  // As the tests that follow find it.
  app.declare({ tables: { events }, asOf: march });
  expect(await app.run(up)).toMatchObject({ code: 0 });
}, 240_000);

it("C06 a second up of the same stack while one runs is refused by the engine's own lock, and nothing changes", async () => {
  app.declare({ tables: { events }, asOf: april });
  const stop = stopAt("lock taken app.events");
  const first = app.run(up, { env: stop.env });
  await stop.reached();
  const second = await app.run(up);
  expect(second.code).not.toBe(0);
  expect(said(second)).toMatch(/locked/);
  stop.goOn();
  expect(await first).toMatchObject({ code: 0 });
}, 120_000);

it("--target of one partition creates it alone and retires nothing", async () => {
  await database.query("insert into app.events values (1, '2025-04-05', 'kept')");
  app.declare({ tables: { events }, asOf: "2025-05-10T00:00:00Z" });
  const urn = (await urns())
    .find((candidate) => candidate.includes("2025-05-01_2025-06-01"))
    ?.replaceAll("2025-05-01_2025-06-01", "2025-06-01_2025-07-01");
  const run = await app.run([...up, "--target", urn ?? ""]);
  expect(said(run)).toMatch(/1 created/);
  const { dump } = await left(database);
  expect(dump).toMatch(/relation app.events_p2025_06 .*parent=app.events/);
  expect(dump).toMatch(/relation app.events_p2025_03 .*parent=app.events/);
  expect(await app.run(up)).toMatchObject({ code: 0 });
}, 120_000);

it("ignoreChanges on retention through a transform reaches the window alone: an error, and nothing is retired", async () => {
  const transform = `opts.transforms = [({ type, props, opts }) => type === "pgpartition:index:PartitionWindow"
    ? { props, opts: pulumi.mergeOptions(opts, { ignoreChanges: ["retention", "lead"] }) } : undefined];`;
  const grown = { ...events, window: { lead: "3 months", retention: "1 month" } } as const;
  const before = await attached();
  app.declare({ tables: { events: grown }, asOf: "2025-05-10T00:00:00Z", before: transform });
  const run = await app.run(up);
  expect(run.code).not.toBe(0);
  expect(said(run)).toContain("ignoreChanges or a transform changed only one of the two");
  expect(await attached()).toEqual(expect.arrayContaining(before));
}, 120_000);

it("J03 a renamed component with an alias: no step at all", async () => {
  app.declare({ tables: { events }, asOf: "2025-05-10T00:00:00Z" });
  expect(await app.run(up)).toMatchObject({ code: 0 });
  app.declare({
    tables: { events },
    asOf: "2025-05-10T00:00:00Z",
    before:
      'opts.aliases = [{ name: "db" }]; args && new PartitionedDatabase("renamed", args, opts); args = undefined;',
  });
  const run = await app.run([...up, "--diff"]);
  expect(said(run)).not.toMatch(/\d+ (created|deleted|replaced)/);
  expect(run.code).toBe(0);
  app.declare({ tables: { events }, asOf: "2025-05-10T00:00:00Z", before: 'opts.aliases = [{ name: "renamed" }];' });
  expect(await app.run(up)).toMatchObject({ code: 0 });
}, 120_000);

it("A12 the engine is killed in mid-archive: its plugin ends by itself, and the next up ends with one whole archive", async () => {
  const folder = new ArchiveFolder();
  try {
    const archive = { to: `file://${folder.path}`, spoolMegabytes: 16 };
    app.declare({ tables: { events: { ...events, ...folder.declared({ archive }) } }, asOf: "2025-06-10T00:00:00Z" });
    await database.query(
      "insert into app.events select n, '2025-04-06', repeat(md5(n::text), 20) from generate_series(2, 40000) n",
    );
    const plugins = await killedAt("after upload of part 1", "stays there");
    expect(plugins).toHaveLength(1);
    expect(await endsWithin(plugins[0] ?? 0, 15_000)).toBe(true);
    await sessionsGone(database);
    expect(await database.query("select count(*)::int as n from app.events_p2025_04")).toEqual([{ n: 40_000 }]);
    await app.run(["cancel", "--yes"]);
    expect(await app.run(up)).toMatchObject({ code: 0 });
    const manifest = folder.manifest(database, "20250401");
    expect(manifest.rows).toBe(40_000);
    expect(folder.objects(database, "20250401")).toHaveLength(manifest.parts.length + 1);
    expect(folder.objects(database, "20250401", 2)).toEqual([]);
    expect(await database.query("select from pg_class where relname = 'events_p2025_04'")).toEqual([]);
    expect(await app.run([...up, "--expect-no-changes"])).toMatchObject({ code: 0 });
  } finally {
    folder.remove();
  }
}, 180_000);

it("the component leaves the program: its window is asked first and refuses, no partition is let go", async () => {
  const before = await attached();
  const known = (await urns()).length;
  app.declare({ tables: {}, asOf: "2025-05-10T00:00:00Z" });
  const run = await app.run([...up, "--continue-on-error"]);
  expect(run.code).not.toBe(0);
  expect(said(run)).toContain('table "app.events" is not destroyed: it holds');
  expect(await attached()).toEqual(before);
  expect((await urns()).filter((urn) => urn.includes("Partition")).length).toBeGreaterThanOrEqual(before.length);
  expect((await urns()).length).toBeGreaterThan(known - 3);
}, 120_000);

async function urns(): Promise<string[]> {
  return ((await app.state()).deployment.resources ?? []).map(({ urn }) => urn);
}

async function attached(): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    "select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'app.events'::regclass order by 1",
  );
  return rows.map(({ name }) => name);
}
