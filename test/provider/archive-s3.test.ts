import { afterAll, describe, expect, it } from "vitest";
import { parseManifest } from "../../core/archive/manifest";
import { partitions } from "./support";
import { onDatabase, pgpartition } from "../cli/support";
import { withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { withObjectStore } from "../support/harness/object-store";
import { preview, up } from "../support/harness/rounds";
import { startFaultyStore } from "../support/harness/s3-faults";
import { withDeployment } from "../support/harness/with-deployment";

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";

describe("an archive in an S3 server", () => {
  const database = withDatabase();
  const deployment = withDeployment(database);
  const store = withObjectStore();
  afterAll(() => database.query("drop schema app cascade"));

  const credentials = (): NodeJS.ProcessEnv => ({
    AWS_ACCESS_KEY_ID: process.env["AWS_ACCESS_KEY_ID"],
    AWS_SECRET_ACCESS_KEY: process.env["AWS_SECRET_ACCESS_KEY"],
  });

  it("is stored, proved by the store's own hashes, dropped, and restored to the letter; no credential is anywhere", async () => {
    const archive = store.settings({ region: "us-east-1" });
    const declared = (asOf: string) => program(asOf, { onExpire: "archive", grace: "none", archive });
    const options = { env: credentials() };
    expect((await up(database, deployment, declared(march), options)).error).toBeUndefined();
    await database.query("insert into app.events select n, '2025-02-05', 'note ' || n from generate_series(1, 3000) n");
    await database.query("create table app.before as table app.events");
    const run = await up(database, deployment, declared(april), options);
    expect(run.error).toBeUndefined();
    const objects = await store.client.listObjectsV2({
      Bucket: store.bucket,
      Prefix: archive.to.replace(/^s3:\/\/[^/]+\//, ""),
    });
    const keys = (objects.Contents ?? []).map(({ Key }) => Key ?? "");
    expect(keys).toHaveLength(2);
    const manifestKey = keys.find((key) => key.endsWith("_manifest.json")) ?? "";
    const body = await store.client.getObject({ Bucket: store.bucket, Key: manifestKey });
    expect(parseManifest((await body.Body?.transformToString()) ?? "", manifestKey).rows).toBe(3000);
    const restored = await pgpartition(["restore", "app.events", "--from", "2025-02"], {
      env: { DATABASE_URL: database.url, ...credentials() },
    });
    expect(restored).toMatchObject({ code: 0 });
    const except = (one: string, two: string) => database.query(`table app.${one} except all table app.${two}`);
    expect(await except("before", "events_p2025_02_restored")).toEqual([]);
    expect(await except("events_p2025_02_restored", "before")).toEqual([]);
    const said = [JSON.stringify([...deployment.state]), run.messages.join(), restored.stderr, restored.stdout].join();
    expect(said).not.toContain(store.secret);
    const refused = await onDatabase(database, "restore", "app.events", "--from", "2025-02", "--name", "without");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/Give valid credentials/);
  });

  it("E08 into a bucket that does not exist: preview says so, partitions are created, nothing leaves the table, and the update fails at its end", async () => {
    const archive = { ...store.settings({ region: "us-east-1" }), to: "s3://no-such-bucket-anywhere/x" };
    const declared = (asOf: string) => program(asOf, { onExpire: "archive", grace: "none", archive });
    const options = { env: credentials() };
    expect((await up(database, deployment, declared(march), options)).error).toBeUndefined();
    const shown = await preview(database, deployment, declared(april), options);
    expect(shown.error).toBeUndefined();
    expect(shown.messages.join("\n")).toMatch(/no-such-bucket-anywhere.*Create it first, or correct `to`/);
    const failed = await up(database, deployment, declared(april), options);
    expect(failed.error).toMatch(/no-such-bucket-anywhere.*Create it first, or correct `to`/);
    expect(await partitions(database)).toEqual([
      "events_p2025_02",
      "events_p2025_03",
      "events_p2025_04",
      "events_p2025_05",
    ]);
  });

  it("E07 that the store refuses for a while is completed by the next update, and nothing was dropped before", async () => {
    const faulty = await startFaultyStore(store.endpoint ?? "");
    try {
      const archive = { ...store.settings({ region: "us-east-1" }), endpoint: faulty.endpoint };
      const declared = (asOf: string) => program(asOf, { onExpire: "archive", grace: "none", archive });
      const options = { env: credentials() };
      expect((await up(database, deployment, declared(march), options)).error).toBeUndefined();
      await database.query("insert into app.events select n, '2025-02-05', 'x' from generate_series(1, 100) n");
      faulty.rule(({ operation }) =>
        operation === "PutObject" ? { kind: "answer", status: 403, code: "AccessDenied" } : undefined,
      );
      const failed = await up(database, deployment, declared(april), options);
      expect(failed.error).toMatch(/archive "events_p2025_02"/);
      expect(await database.query("select from app.events_p2025_02")).toHaveLength(100);
      faulty.rule(() => undefined);
      expect((await up(database, deployment, declared(april), options)).error).toBeUndefined();
      expect(await database.query("select from pg_class where relname = 'events_p2025_02'")).toEqual([]);
    } finally {
      await faulty.close();
    }
  });
});
