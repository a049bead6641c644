import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MONITORING_FILES } from "../../core/monitoring/monitoring-files";
import { onDatabase, pgpartition } from "../cli/support";
import { filesFor } from "../core/monitoring/support";
import { withDatabase } from "../support/database";
import { Deployment } from "../support/harness/deployment";
import { reset } from "../support/harness/fixture";
import { up } from "../support/harness/rounds";
import { presentProgram } from "./support";

const database = withDatabase();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pgpartition-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("monitoring writes the files that the component creates, without a database", async () => {
  const out = join(folder, "a", "b");
  const args = [
    "--warn",
    "50 GB",
    "--runway",
    "3 days",
    "--slow-query",
    "250 ms",
    "--table",
    "app.events",
    "--out",
    out,
  ];
  const { code, stderr } = await pgpartition(["monitoring", ...args]);
  expect([code, stderr]).toEqual([0, ""]);
  const { texts } = filesFor({
    tables: ["app.events"],
    sizes: { warn: "50 GB" },
    alerts: { runway: "3 days", slowQuery: "250 ms" },
  });
  expect(readdirSync(out).sort()).toEqual(Object.values(MONITORING_FILES).sort());
  for (const [key, file] of Object.entries(MONITORING_FILES))
    expect(readFileSync(join(out, file), "utf8")).toBe(texts[key as keyof typeof texts]);
});

it("monitoring names every value that is wrong, and writes nothing", async () => {
  const out = join(folder, "none");
  const { code, stderr } = await pgpartition(["monitoring", "--out", out, "--warn", "50", "--runway", "soon"]);
  expect(code).toBe(1);
  expect(stderr).toContain('sizes.warn: "50" is not a size.');
  expect(stderr).toContain('alerts.runway: "soon" is not a span.');
  expect(readdirSync(folder)).toEqual([]);
});

it("monitoring --record gives the view partition_size the same thresholds, and says where there is none", async () => {
  await reset(database);
  const record = () => onDatabase(database, "monitoring", "--out", folder, "--warn", "50 GB", "--record");
  const refused = await record();
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining('no management schema "pgpartition" of pgpartition exists'),
  ]);
  expect((await up(database, new Deployment(), presentProgram())).error).toBeUndefined();
  expect(await record()).toMatchObject({ code: 0, stderr: "" });
  expect(await database.query("select warn_bytes from pgpartition.size_thresholds")).toEqual([
    { warn_bytes: "53687091200" },
  ]);
  // The file of thresholds does the same.
  await database.query("update pgpartition.size_thresholds set warn_bytes = warn_bytes + 1");
  await database.query(readFileSync(join(folder, MONITORING_FILES.thresholds), "utf8"));
  expect(await database.query("select warn_bytes from pgpartition.size_thresholds")).toEqual([
    { warn_bytes: "53687091200" },
  ]);
});
