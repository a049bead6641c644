// The kill matrix: an undisturbed run tells the fault points; then the same run is killed at each in its turn.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import type { PropertyMap } from "../../../provider/runtime/values";
import type { TestDatabase } from "../database";
import { endsAndMiddle } from "../sample";
import type { Program } from "./declare";
import { Deployment } from "./deployment";
import { left, reset, resetManaged, SCHEMA } from "./fixture";
import { startInserts } from "./insert-ledger";
import { keepState } from "./kept-state";
import { endPlugins, hostedPlugin, type Plugin, startPlugin } from "./plugin";

/** One way from an empty database to the run that is disturbed. */
export interface Scenario {
  readonly database: TestDatabase;
  readonly config: PropertyMap;
  /** Runs before, undisturbed; SQL may follow each. Once: every round begins with a copy of the database that they left. */
  readonly before: readonly { readonly program: Program; readonly sql?: string }[];
  readonly program: Program;
  /** True if sessions of the test, or of a pooler, stay through all rounds: each begins by running `before` again, in the same database. */
  readonly watched?: boolean;
  /** Clients insert these times from the disturbed run to the end of the mending one. */
  readonly inserts?: readonly string[];
}

export interface Undisturbed {
  /** Names in the order in which they are reached. */
  readonly points: readonly string[];
  readonly dump: string;
}

export async function undisturbed(scenario: Scenario): Promise<Undisturbed> {
  const folder = mkdtempSync(join(tmpdir(), "fault-points-"));
  const log = join(folder, "log");
  try {
    const deployment = await prepare(scenario);
    const plugin = await startPlugin({
      config: at(scenario, scenario.program),
      env: { PGPARTITION_FAULT_LOG: log },
    });
    await deployment.up(plugin, scenario.program);
    await plugin.stop();
    return { points: splitPoints(readFileSync(log, "utf8")), dump: (await left(scenario.database)).dump };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns the points of a log. A statement of several lines is a point of several lines. */
export function splitPoints(log: string): string[] {
  return log.trimEnd().split(/\n(?=before |after |detach cut |lock taken )/);
}

/**
 * Kills the plugin at the n-th point (from 1), runs the same program again, and compares with the undisturbed run. What
 * differs, in sentences: nothing, where the product keeps its promises (faults.md, I1, I3, I6).
 */
async function killedAt(scenario: Scenario, wanted: Undisturbed, n: number): Promise<string[]> {
  const { database, program } = scenario;
  const config = at(scenario, program);
  const deployment = await prepare(scenario);
  let mender: Plugin;
  const ledger =
    scenario.inserts && startInserts(database, { schema: SCHEMA, table: "events", times: scenario.inserts });
  try {
    const victim = await startPlugin({
      config,
      env: { PGPARTITION_FAULT: `${armed(wanted, n)}:kill` },
    });
    const survived = await deployment.up(victim, program).then(
      () => true,
      () => false,
    );
    if (survived) return [notReached];
    if ((await victim.exited) !== "SIGKILL") return ["the run failed before the fault point"];
    mender = await hostedPlugin(config);
    await deployment.up(mender, program);
  } catch (error) {
    return [`the next up failed: ${String(error)}`];
  } finally {
    await ledger?.stop();
  }
  const steps = await deployment.preview(mender, program);
  const refreshed = await deployment.refresh(mender);
  await mender.stop();
  const { dump, orphans } = await left(database);
  return [
    ...steps.map((step) => `the plan after it still has a step: ${JSON.stringify(step)}`),
    ...refreshed.map((urn) => `refresh changes ${urn}`),
    ...difference(wanted.dump, dump),
    ...orphans.map((orphan) => `left behind: ${orphan}`),
    ...((await ledger?.violations()) ?? []),
    ...(ledger?.acknowledged === 0 ? ["no insert was acknowledged"] : []),
  ];
}

const notReached = "the fault point was not reached";

/**
 * The k-th point of its name. Whether two steps share the table's lock or take it one after the other depends on how fast the
 * second one comes: the last of the points that go with a lock may then be missing, and the round is run again.
 */
function armed({ points }: Undisturbed, n: number): string {
  const name = points[n - 1] ?? "";
  return `${name}@${String(points.slice(0, n).filter((point) => point === name).length)}`;
}

/** What a sweep does beside the kills. */
interface Sweep {
  /** The older server takes another way than the newest one: every point of it is tried in every run. */
  readonly ownWay?: boolean;
  /** Runs before each round. */
  readonly before?: () => void;
  /** Says what else went wrong in a round, after the mending run. */
  readonly also?: () => Promise<readonly string[]>;
}

/**
 * Kills at the points that satisfy `select`: how many there are, and what went wrong at each that was tried. Tried are all of them
 * on the newest server of the run, and a sample of them on the others (sampled).
 */
export async function killMatrix(
  scenario: Scenario,
  wanted: Undisturbed,
  select: (point: string) => boolean,
  sweep: Sweep = {},
): Promise<{ readonly points: number; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const chosen = distinctPoints(wanted.points).filter((n) => select(wanted.points[n - 1] ?? ""));
  const round = (n: number): Promise<string[]> => {
    sweep.before?.();
    return killedAt(scenario, wanted, n);
  };
  const tried = withoutRepeated(wanted.points, chosen);
  for (const n of sweep.ownWay ? tried : sampled(tried, scenario.database)) {
    let found = await round(n);
    for (let again = 0; again < 3 && found[0] === notReached; again += 1) found = await round(n);
    found.push(...((await sweep.also?.()) ?? []));
    problems.push(...found.map((problem) => `#${String(n)} ${wanted.points[n - 1] ?? ""}: ${problem}`));
  }
  return { points: chosen.length, problems };
}

/**
 * The points are the same on every version, and so is what follows a kill: the newest server tries them all, an older one the first,
 * one of the middle and the last. PGPARTITION_TEST_SCOPE=all (`npm run test:all`) tries them all everywhere.
 */
function sampled(points: readonly number[], database: TestDatabase): readonly number[] {
  const servers = inject("servers");
  const older = servers.slice(0, -1).some(({ superuser }) => superuser.port === database.superuser.port);
  return older ? endsAndMiddle(points) : points;
}

/**
 * The points that leave different databases. Of "after x, before y" with nothing sent between them one is enough, and
 * neither BEGIN nor the setting of time-outs leaves anything behind.
 */
function distinctPoints(points: readonly string[]): number[] {
  return points.flatMap((point, index) => {
    if (/^(before|after) time-outs/.test(point) || point.startsWith("after begin ")) return [];
    const follows = (points[index - 1] ?? "").startsWith("after ") && point.startsWith("before ");
    return follows && !/^before (begin|detach|finalize) /.test(point) ? [] : [index + 1];
  });
}

/**
 * What was sent inside of one transaction goes with it, whichever statement was the last: of its points (`#1`, `#2` and so on) three
 * are enough.
 */
function withoutRepeated(points: readonly string[], chosen: readonly number[]): readonly number[] {
  const groups: number[][] = [];
  let last: { readonly transaction: string; readonly statement: number } | undefined;
  for (const n of chosen) {
    const [, transaction, statement] = /^after (.*) #(\d+)$/s.exec(points[n - 1] ?? "") ?? [];
    const inside = transaction === undefined ? undefined : { transaction, statement: Number(statement) };
    const goesOn = inside && last && inside.transaction === last.transaction && inside.statement > last.statement;
    if (goesOn) groups.at(-1)?.push(n);
    else groups.push([n]);
    last = inside;
  }
  return groups.flatMap(endsAndMiddle);
}

function difference(wanted: string, found: string): string[] {
  const expected = new Set(wanted.split("\n"));
  const actual = new Set(found.split("\n"));
  return [
    ...[...expected].filter((line) => !actual.has(line)).map((line) => `missing: ${line}`),
    ...[...actual].filter((line) => !expected.has(line)).map((line) => `too much: ${line}`),
  ];
}

interface Prepared {
  readonly deployment: Deployment;
  readonly restore: () => Promise<void>;
}

/** What the rounds of a scenario begin with, made once. */
const prepared = new WeakMap<Scenario, Prepared>();

async function prepare(scenario: Scenario): Promise<Deployment> {
  // A round that found a fault may have left its plugin running.
  await endPlugins();
  const known = prepared.get(scenario);
  if (known) {
    await known.restore();
    return known.deployment;
  }
  const deployment = await runBefore(scenario);
  const restore = scenario.watched === true ? undefined : await keepState(scenario.database, deployment);
  if (restore) prepared.set(scenario, { deployment, restore });
  return deployment;
}

async function runBefore(scenario: Scenario): Promise<Deployment> {
  // A sweep of the very first run is one of the installation too.
  await (scenario.before.length === 0 ? reset : resetManaged)(scenario.database);
  const deployment = new Deployment();
  for (const { program, sql } of scenario.before) {
    const plugin = await hostedPlugin(at(scenario, program));
    await deployment.up(plugin, program);
    await plugin.stop();
    if (sql !== undefined) await scenario.database.query(sql);
  }
  return deployment;
}

/** The window's own clock is cut to the interval; graces are measured by the provider's. */
function at(scenario: Scenario, program: Program): PropertyMap {
  return { ...scenario.config, asOf: program.asOf };
}
