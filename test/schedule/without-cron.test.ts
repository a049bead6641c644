import { expect, it } from "vitest";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { entryOf, partitions } from "../provider/support";
import { withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { preview, refresh, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { skipBecause } from "../support/skip";
import { apply, column } from "./support";

const database = withDatabase();
const deployment = withDeployment(database);

const window = { lead: "1 month", retention: "forever", start: "2025-03-01" } as const;
const nightly = program("2025-03-10T00:00:00Z", { window, schedule: { cron: "30 2 * * *" } });

it("B15 without pg_cron preview reports it, the update creates no job, and the same schedule is in the outputs", async () => {
  const seen = await preview(database, deployment, nightly);
  expect(seen.error).toBeUndefined();
  expect(seen.messages.join("\n")).toContain(
    'job "pgpartition_app_events": pg_cron is not installed on this server: nothing in the database starts it; the outputs crontab and systemdTimer have the same schedule',
  );
  await apply(database, deployment, nightly);
  const { outputs } = entryOf(deployment, "events-schedule");
  expect(outputs).toMatchObject({
    runner: "external",
    crontab: expect.stringContaining("30 2 * * * psql ") as string,
    systemdTimer: expect.stringContaining("OnCalendar=*-*-* 02:30:00 UTC") as string,
  });
  expect(outputs).not.toHaveProperty("jobId");
  expect(await column(database, "select schedule from pgpartition.registry")).toEqual(["null"]);
  // Said once: an update that changes nothing is quiet.
  const again = await up(database, deployment, nightly);
  expect([again.error, again.steps, again.messages]).toEqual([undefined, [], []]);
  const result = await refresh(database, deployment, nightly);
  expect(result).toEqual([]);
  expect(await apply(database, deployment, nightly)).toEqual([]);
});

/** The client of PostgreSQL is not in npm's server; where the machine has one, the line is run as cron would. */
const psql = ["/usr/bin/psql", "/usr/local/bin/psql"].find(existsSync);

it("the crontab line, run by a shell, creates the partitions", async (context) => {
  if (psql === undefined)
    return skipBecause(context, "there is no psql on this machine, by which cron would run the line");
  await apply(database, deployment, nightly);
  const { crontab } = entryOf(deployment, "events-schedule").outputs;
  const [, line = ""] = String(crontab).split("\n");
  const command = line.replace(/^(\S+ ){5}/, "").replaceAll("\\%", "%");
  const before = await partitions(database);
  execFileSync("/bin/sh", ["-c", command], {
    env: {
      PATH: process.env["PATH"],
      PGHOST: database.host,
      PGPORT: String(database.port),
      PGPASSWORD: database.password,
    },
    stdio: "pipe",
  });
  expect((await partitions(database)).length).toBeGreaterThan(before.length);
});
