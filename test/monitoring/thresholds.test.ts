import { expect, it } from "vitest";
import { withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { program } from "../support/harness/fixture";
import { named, preview, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";

const database = withDatabase();
const deployment = withDeployment(database);

const march = program("2025-03-10T00:00:00Z");
const judged = (sizes: NonNullable<Program["sizes"]>): Program => ({ ...march, sizes });
const large = judged({ small: "1 GB", warn: "20 GB", alert: "40 GB" });

const recorded = async (): Promise<number[]> => {
  const [row] = await database.query(
    "select small_bytes / 1073741824 as a, warn_bytes / 1073741824 as b, alert_bytes / 1073741824 as c from pgpartition.size_thresholds",
  );
  return Object.values(row ?? {}).map(Number);
};
const refresh = async (declared: Program) =>
  (await withPlugin(database, declared, (plugin) => deployment.refresh(plugin))).result;

it("records the declared sizes, shows the change of one in preview, and has nothing to do afterwards", async () => {
  expect((await up(database, deployment, large)).error).toBeUndefined();
  expect(await recorded()).toEqual([1, 20, 40]);
  expect((await preview(database, deployment, large)).steps).toEqual([]);
  const larger = judged({ small: "1 GB", warn: "30 GB", alert: "40 GB" });
  const shown = await preview(database, deployment, larger);
  expect(named(shown.steps)).toEqual(["update management"]);
  expect(shown.messages.join("\n")).toContain(
    'SELECT "pgpartition".set_size_thresholds(1073741824, 32212254720, 42949672960)',
  );
  expect(await recorded()).toEqual([1, 20, 40]);
  await up(database, deployment, larger);
  expect(await recorded()).toEqual([1, 30, 40]);
  expect(await refresh(larger)).toEqual([]);
  expect((await preview(database, deployment, larger)).steps).toEqual([]);
});

it("leaves what is recorded where the program declares nothing", async () => {
  await up(database, deployment, march);
  expect(await recorded()).toEqual([10, 100, 200]);
  await up(database, deployment, large);
  await up(database, deployment, march);
  expect(await recorded()).toEqual([1, 20, 40]);
  expect((await preview(database, deployment, march)).steps).toEqual([]);
});

it("J01 sizes recorded by another hand: seen with a refresh and without, and put back", async () => {
  await up(database, deployment, large);
  await database.query("select pgpartition.set_size_thresholds(1, 2, 3)");
  expect(named((await preview(database, deployment, large)).steps)).toEqual(["update management"]);
  expect(await refresh(large)).toEqual([expect.stringContaining("::management")]);
  expect((await up(database, deployment, large)).error).toBeUndefined();
  expect(await recorded()).toEqual([1, 20, 40]);
  expect((await preview(database, deployment, large)).steps).toEqual([]);
});

it("refuses sizes that do not grow, before anything runs", async () => {
  const urn = deployment.urn("ManagementSchema", "management");
  const inputs = { schema: "pgpartition", sizes: { smallBytes: 5, warnBytes: 5, alertBytes: 9 } };
  const { result } = await withPlugin(database, march, (plugin) => plugin.check(urn, undefined, inputs));
  expect(result.failures).toEqual([
    "sizes: small, warn and alert are 5, 5 and 9 bytes. Make each larger than the one before.",
  ]);
});
