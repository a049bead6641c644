import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parseManifest } from "../../core/archive/manifest";
import { pgpartition } from "../cli/support";
import { type AwsS3Server, startAwsS3Server } from "../support/harness/aws-s3-server";
import { Deployment } from "../support/harness/deployment";
import { program } from "../support/harness/fixture";
import { withObjectStore } from "../support/harness/object-store";
import { endPlugins } from "../support/harness/plugin";
import { preview, type Run, up } from "../support/harness/rounds";
import { closeAll } from "./wire-support";

afterEach(endPlugins);
afterAll(closeAll);

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";
const may = "2025-05-10T00:00:00Z";

describe("archives that the server writes by aws_s3", () => {
  const store = withObjectStore({ own: true });
  const deployment = new Deployment();
  let server: AwsS3Server;
  let client: Client;
  let archive: { to: string; endpoint?: string; region: string; method: "aws_s3" };
  let prefix: string;

  beforeAll(async () => {
    if (store.endpoint === undefined) return;
    server = await startAwsS3Server();
    writes("");
    client = new Client({ connectionString: server.url });
    await client.connect();
    await client.query("create schema app");
    archive = { ...store.settings(), region: "us-east-1", method: "aws_s3" };
    prefix = archive.to.replace(/^s3:\/\/[^/]+\//, "");
  }, 120_000);
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  const writes = (spoil: string): void => {
    const accessKey = process.env["AWS_ACCESS_KEY_ID"] ?? "";
    server.writesTo({ endpoint: store.endpoint ?? "", accessKey, secret: store.secret, spoil });
  };
  const env = (): NodeJS.ProcessEnv => ({
    AWS_ACCESS_KEY_ID: process.env["AWS_ACCESS_KEY_ID"],
    AWS_SECRET_ACCESS_KEY: process.env["AWS_SECRET_ACCESS_KEY"],
  });
  const declared = (asOf: string) => program(asOf, { onExpire: "archive", grace: "none", archive });
  const run = (asOf: string): Promise<Run> => up(server, deployment, declared(asOf), { env: env() });
  const rows = async (sql: string): Promise<unknown[]> => (await client.query<object>(sql)).rows;
  const read = async (key: string): Promise<string> => {
    const { Body } = await store.client.getObject({ Bucket: store.bucket, Key: key });
    return (await Body?.transformToString()) ?? "";
  };
  const keysBelow = async (): Promise<string[]> => {
    const { Contents = [] } = await store.client.listObjectsV2({ Bucket: store.bucket, Prefix: prefix });
    return Contents.map(({ Key = "" }) => Key.slice(prefix.length + 1));
  };
  const folder = "postgres/app/table=events/from=20250201T000000Z/";

  it("fail at the end of the update where the extension is missing, with what makes it; preview says so, and nothing leaves the table", async () => {
    const first = await run(march);
    expect(first.error).toBeUndefined();
    expect(first.messages.join("\n")).toMatch(/does not have the extension aws_s3/);
    await client.query(`insert into app.events select n, '2025-02-05', case n % 4 when 0 then null when 1 then '' when 2
      then 'a "quoted", line' || chr(10) || '😀' else 'note' end from generate_series(1, 4000) n`);
    await client.query("create table app.before as table app.events");
    const warned = await preview(server, deployment, declared(april), { env: env() });
    expect(warned.error).toBeUndefined();
    expect(warned.messages.join("\n")).toMatch(
      /does not have the extension aws_s3.*Run CREATE EXTENSION aws_s3 CASCADE/,
    );
    const refused = await run(april);
    expect(refused.error).toMatch(/does not have the extension aws_s3.*Run CREATE EXTENSION aws_s3 CASCADE/);
    expect((await client.query("select from pgpartition.ledger where event = 'detaching'")).rows).toEqual([]);
    await client.query("create extension aws_s3 cascade");
    const shown = await preview(server, deployment, declared(april), { env: env() });
    expect(shown.error).toBeUndefined();
    expect(shown.messages.join("\n")).toMatch(/1 to archive[^]*aws_s3\.query_export_to_s3\('SELECT \* FROM/);
  });

  it("E09 are never written over what is there, which aws_s3 itself would do", async () => {
    const key = `${prefix}/${folder}gen=1/part-00001.csv`;
    await store.client.putObject({ Bucket: store.bucket, Key: key, Body: "somebody else's" });
    const refused = await run(april);
    expect(refused.error).toMatch(/gen=1\/part-00001\.csv" is there already with other content/);
    expect(await read(key)).toBe("somebody else's");
    expect(await rows("select from app.events_p2025_02")).toHaveLength(4000);
  });

  it("are the rows as the server sends them, proved by reading them back, and restored to the letter", async () => {
    const archived = await run(april);
    expect(archived.error).toBeUndefined();
    expect(await keysBelow()).toContain(`${folder}gen=2/part-00001.csv`);
    const manifest = parseManifest(await read(`${prefix}/${folder}gen=2/_manifest.json`), "manifest");
    expect(manifest).toMatchObject({ encoding: "csv", rows: 4000, parts: [{ name: "part-00001.csv" }] });
    const text = await read(`${prefix}/${folder}gen=2/part-00001.csv`);
    expect(text.slice(0, 120)).toMatch(
      /^id,at,note\n"1","2025-02-05 00:00:00\+00",""\n"2","2025-02-05 00:00:00\+00","a ""quoted"", line\n😀"/u,
    );
    expect(Buffer.byteLength(text)).toBe(manifest.bytes);
    expect(await rows("select from pg_class where relname = 'events_p2025_02'")).toEqual([]);
    const restored = await pgpartition(["restore", "app.events", "--from", "2025-02"], {
      env: { DATABASE_URL: server.url, ...env() },
    });
    expect(restored).toMatchObject({ code: 0 });
    const except = (one: string, two: string) => rows(`table app.${one} except all table app.${two}`);
    expect(await except("before", "events_p2025_02_restored")).toEqual([]);
    expect(await except("events_p2025_02_restored", "before")).toEqual([]);
  });

  it("E04 that are other bytes than the server sent us stop the update, and nothing is dropped; the next one archives anew", async () => {
    await client.query("insert into app.events select n, '2025-03-05', 'x' from generate_series(1, 100) n");
    writes('"101",,\n');
    const spoiled = await run(may);
    expect(spoiled.error).toMatch(/part-00001\.csv" is not what the server sent us of the same rows/);
    expect(await rows("select from app.events_p2025_03")).toHaveLength(100);
    writes("");
    expect((await run(may)).error).toBeUndefined();
    expect(await rows("select from pg_class where relname = 'events_p2025_03'")).toEqual([]);
    expect(await keysBelow()).toContain("postgres/app/table=events/from=20250301T000000Z/gen=2/part-00001.csv");
  });
});
