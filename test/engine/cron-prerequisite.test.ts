import { beforeAll, expect, it } from "vitest";
import { projectFile } from "../../tools/project-file";
import { testPluginFolder } from "../support/harness/bundle";
import { withCronServer } from "../support/harness/cron-server";
import { eventsTable } from "../support/harness/fixture";
import { said, withProgram } from "../support/harness/program";
import { buildStandIns, standInFolder } from "../support/stand-in/build";

const database = withCronServer();
const engine = withProgram(database, { connection: () => ({ user: database.superuser.user }) });

beforeAll(() => buildStandIns(["postgresql"]));

it("creates the extension pg_cron as a prerequisite, and the job of the table in the same update", async () => {
  await database.query("drop extension pg_cron");
  const plugins = { pgpartition: testPluginFolder, postgresql: standInFolder };
  engine.project.write({ "Pulumi.yaml": projectFile("faults", plugins) });
  engine.declare({
    tables: { events: eventsTable({ schedule: { cron: "0 2 * * *", job: "nightly" } }) },
    asOf: "2025-03-10T00:00:00Z",
    more: { prerequisites: { schemas: ["app"], extensions: ["pg_cron"] } },
  });
  const made = await engine.run(["up", "--yes", "--skip-preview"]);
  expect(made.code, said(made)).toBe(0);
  expect(await database.query("select jobname, schedule, command from cron.job")).toEqual([
    { jobname: "nightly", schedule: "0 2 * * *", command: `CALL "pgpartition".ensure_window('"app"."events"')` },
  ]);
  const again = await engine.run(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
  expect(again.code, said(again)).toBe(0);
}, 180_000);
