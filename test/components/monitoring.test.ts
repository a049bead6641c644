import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Monitoring } from "../../components";
import { MONITORING_FILES } from "../../core/monitoring/monitoring-files";
import { filesFor } from "../core/monitoring/support";
import { type Registered, recording, settled, valueOf } from "./support";

let registered: Registered[];
let folder: string;
beforeEach(() => {
  registered = recording();
  folder = mkdtempSync(join(tmpdir(), "pgpartition-monitoring-"));
});
afterEach(async () => {
  await settled();
  rmSync(folder, { recursive: true, force: true });
});

test("has the texts of the files as outputs, and creates nothing in the database", async () => {
  const args = { alerts: { runway: "14 days" } } as const;
  const monitoring = new Monitoring("monitoring", args);
  const { texts } = filesFor(args);
  expect(await valueOf(monitoring.prometheusQueries)).toBe(texts.prometheusQueries);
  expect(await valueOf(monitoring.prometheusRules)).toBe(texts.prometheusRules);
  expect(await valueOf(monitoring.grafanaDashboard)).toBe(texts.grafanaDashboard);
  expect(await valueOf(monitoring.thresholds)).toBe(texts.thresholds);
  await settled();
  expect(registered.map((one) => one.type)).toEqual(["pgpartition:index:Monitoring"]);
  expect(readdirSync(folder)).toEqual([]);
});

test("writes the files into the declared folder", () => {
  new Monitoring("monitoring", { writeTo: join(folder, "deep", "er") });
  expect(readFileSync(join(folder, "deep", "er", MONITORING_FILES.prometheusRules), "utf8")).toBe(
    filesFor().texts.prometheusRules,
  );
  expect(readdirSync(join(folder, "deep", "er")).sort()).toEqual(Object.values(MONITORING_FILES).sort());
});

test("refuses what is wrong with its name and every path", () => {
  expect(() => new Monitoring("m", { tables: ["a.b.c"], alerts: { imbalance: 0 } })).toThrow(
    /monitoring "m" is not valid:\n {2}- tables\[0\]: .*\n {2}- alerts\.imbalance: /,
  );
});
