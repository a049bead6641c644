import { beforeEach, describe, expect, it } from "vitest";
import { withDatabase } from "../support/database";
import { stopAt, whenWaiting } from "../support/harness/stop-at";
import { Deployment } from "../support/harness/deployment";
import { left, program } from "../support/harness/fixture";
import type { Program } from "../support/harness/declare";
import type { Plugin } from "../support/harness/plugin";
import { named, preview, up } from "../support/harness/rounds";
import { withFirstDeployment } from "../support/harness/with-deployment";

const database = withDatabase();
const deployment = withFirstDeployment(database);

const window = { lead: "1 month", retention: "forever", start: "2025-03-01" } as const;
const march = program("2025-03-10T00:00:00Z", { window });
const may = program("2025-05-10T00:00:00Z", { window });

beforeEach(async () => {
  expect((await up(database, deployment, march)).error).toBeUndefined();
});

interface Side {
  readonly deployment: Deployment;
  readonly program: Program;
}

function copy(of: Deployment): Deployment {
  const other = new Deployment(of.project, of.stack);
  for (const [urn, entry] of of.state) other.state.set(urn, entry);
  return other;
}

it("C06 a second stack declares the same table: it is refused with the owner's name, and nothing changes", async () => {
  const before = (await left(database)).dump;
  const other = new Deployment("faults", "other");
  const seen = await preview(database, other, may);
  expect(seen.error).toContain('"app.events" is managed by stack "faults/test", and this is stack "faults/other"');
  const run = await up(database, other, may);
  expect(run.error).toContain("pgpartition claim app.events --stack faults/other");
  expect((await left(database)).dump).toBe(before);
});

describe("two plugins create partitions of one table at once: both succeed, one after the other, nothing twice", () => {
  const april = program("2025-04-10T00:00:00Z", { window });

  /** The first run stands in the middle of its work until the second one waits for the table's lock. */
  async function runInOrder(first: Side, second: Side): Promise<void> {
    const stop = stopAt("before begin create partition app.events_p2025_05");
    const earlier = up(database, first.deployment, first.program, { env: stop.env });
    await stop.reached();
    const started = (plugin: Plugin): void => void whenWaiting(plugin).then(stop.goOn);
    const later = await up(database, second.deployment, second.program, { started });
    expect([(await earlier).error, later.error]).toEqual([undefined, undefined]);
    expect(later.messages.join("\n")).toContain('waiting for the lock of table "app"."events", held by');
  }

  async function expectEachOnce(): Promise<void> {
    const { dump, orphans } = await left(database);
    expect(orphans).toEqual([]);
    expect(dump.match(/^relation app.events_p2025_0[3456] /gm)).toHaveLength(4);
    expect(dump.match(/^ledger app.events .* created$/gm)).toHaveLength(4);
  }

  it("C07 the later window comes last: it creates what is still missing, and nothing is left to do", async () => {
    const [one, other] = [copy(deployment), copy(deployment)];
    await runInOrder({ deployment: one, program: april }, { deployment: other, program: may });
    await expectEachOnce();
    expect((await preview(database, other, may)).steps).toEqual([]);
  });

  it("C07 the later window comes first: the other creates nothing, and the schedule is left to be stored again", async () => {
    const [one, other] = [copy(deployment), copy(deployment)];
    await runInOrder({ deployment: one, program: may }, { deployment: other, program: april });
    await expectEachOnce();
    const rest = await preview(database, one, may);
    expect(named(rest.steps)).toEqual(["update events-window"]);
    expect(rest.messages.join("\n")).toMatch(
      /app\.events: 26 coming partitions whose statements to store for the schedule/,
    );
    expect((await up(database, one, may)).error).toBeUndefined();
    await expectEachOnce();
    expect((await preview(database, one, may)).steps).toEqual([]);
  });
});

const april = "for values from ('2025-04-01 00:00+00') to ('2025-05-01 00:00+00')";
const mayBounds = april.replace("2025-05", "2025-06").replace("2025-04", "2025-05");

it.each([
  ["under our name", "events_p2025_05"],
  ["under another name", "made_by_cron"],
])(
  "C08 a session creates the same partition %s at the same moment: it is adopted, the next preview is empty",
  async (_, name) => {
    const grown = program("2025-04-10T00:00:00Z", { window });
    const stop = stopAt("before begin create partition app.events_p2025_05");
    const run = up(database, deployment, grown, { env: stop.env });
    await stop.reached();
    await database.query(`create table app.${name} partition of app.events ${mayBounds}`);
    stop.goOn();
    expect((await run).error).toBeUndefined();
    expect((await preview(database, deployment, grown)).steps).toEqual([]);
    expect((await left(database)).orphans).toEqual([]);
  },
);

it("C08 a session creates a partition of other bounds under our name: it is refused, both bounds shown, nothing changed", async () => {
  await database.query(`create table app.events_p2025_05 partition of app.events
    for values from ('2025-05-01 00:00+00') to ('2025-05-15 00:00+00')`);
  const before = (await left(database)).dump;
  const run = await up(database, deployment, program("2025-04-10T00:00:00Z", { window }));
  expect(run.error).toContain("2025-05-15");
  expect(run.error).toContain("2025-06-01");
  expect((await left(database)).dump.replaceAll(/^ledger.*\n?/gm, "")).toBe(before.replaceAll(/^ledger.*\n?/gm, ""));
});
