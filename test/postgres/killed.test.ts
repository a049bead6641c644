import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Statement } from "../../core/sql/statement";
import { repositoryRoot } from "../../tools/paths";
import { anyVersion, withDatabase } from "../support/database";
import { configOf, eventually, statement } from "./support";

const GROUP = ["create table public.k (id int)", "alter table public.t add column k int"].map((sql) =>
  statement(sql, { transaction: "change", timeouts: "strong" }),
);

describe.each(anyVersion())("a program that dies while it works on PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const children: ChildProcess[] = [];
  let folder = "";

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "pgpartition-fault-"));
    await server.query("drop table if exists t, k");
    await server.query("create table t (id int)");
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (
    statements: readonly Statement[],
    env: Record<string, string> = {},
    lockTimeoutMs = 100,
  ): { child: ChildProcess; output: Promise<string> } => {
    const config = configOf(server, { applicationName: "doomed", lockTimeoutMs });
    const script = join(__dirname, "doomed-client.ts");
    const child = spawn(
      process.execPath,
      ["--import", "tsx", script, JSON.stringify(config), JSON.stringify(statements)],
      {
        cwd: repositoryRoot,
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    children.push(child);
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (part: string) => (text += part));
    return {
      child,
      output: new Promise((resolve) =>
        child.on("close", (code, signal) => resolve(signal ?? `${code}: ${text.trim()}`)),
      ),
    };
  };
  const gone = () =>
    eventually(
      async () => (await server.query("select from pg_stat_activity where application_name = 'doomed'")).length === 0,
      3_000,
    );
  const made = async () =>
    (await server.query<{ k: string | null }>("select to_regclass('public.k')::text as k"))[0]?.k ?? undefined;

  it("leaves nothing when it is killed in the queue for a lock", async () => {
    const holder = await server.connect();
    await holder.query("begin");
    await holder.query("select * from t");
    const { child } = start(GROUP, {}, 30_000);
    await eventually(
      async () =>
        (
          await server.query(
            "select from pg_stat_activity where application_name = 'doomed' and wait_event_type = 'Lock'",
          )
        ).length > 0,
    );
    child.kill("SIGKILL");
    await gone();
    await holder.query("commit");
    await holder.end();
    expect(await made()).toBeUndefined();
  });

  it("leaves nothing when it is killed inside a transaction that holds a strong lock", async () => {
    const { child } = start([...GROUP, statement("select pg_sleep(20)", { transaction: "change" })]);
    await eventually(
      async () =>
        (
          await server.query(
            "select from pg_stat_activity where application_name = 'doomed' and query like '%pg_sleep%'",
          )
        ).length > 0,
    );
    child.kill("SIGKILL");
    await gone();
    expect(await made()).toBeUndefined();
    await server.query("insert into t values (1)");
  });

  it("can be killed, failed and cut at each of its fault points, and is then all there or not at all", async () => {
    const log = join(folder, "points");
    expect(await start(GROUP, { FAULTPOINTS: "on", PGPARTITION_FAULT_LOG: log }).output).toBe("0: done");
    const points = readFileSync(log, "utf8").trim().split("\n");
    expect(points).toEqual(
      ["begin change", "time-outs change", "change #1", "change #2", "commit change"].flatMap((name) => [
        `before ${name}`,
        `after ${name}`,
      ]),
    );
    const last = `*#${points.length}`;
    for (const [fault, outcome, complete] of [
      ["after change #1:kill", "SIGKILL", false],
      ["before commit change:throw", '0: InjectedFault: fault injected at "before commit change"', false],
      ["before commit change:drop-connection", "0: ConnectionLost", false],
      ["after commit change:drop-connection", "0: done", true],
      [`${last}:kill`, "SIGKILL", true],
      ["after change #2@1:kill", "SIGKILL", false],
      ["after change #2@2:kill", "0: done", true],
      ["*#1:sleep 50", "0: done", true],
    ] as const) {
      await server.query("drop table if exists t, k");
      await server.query("create table t (id int)");
      expect([fault, await start(GROUP, { FAULTPOINTS: "on", PGPARTITION_FAULT: fault }).output]).toEqual([
        fault,
        expect.stringMatching(new RegExp(`^${outcome}`)),
      ]);
      await gone();
      expect([fault, await made()]).toEqual([fault, complete ? "k" : undefined]);
    }
  });

  it("knows no fault points in the product", async () => {
    expect(await start(GROUP, { PGPARTITION_FAULT: "*#1:kill" }).output).toBe("0: done");
  });
});
