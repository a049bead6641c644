import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { administer, anyVersion, withDatabase } from "../../support/database";
import { collect, columnsOf, copyOf, inPieces, withCodecs } from "./support";

describe.each(anyVersion())("databases that are not UTF-8, on PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const codecs = withCodecs();
  const names = { LATIN1: `t_${randomBytes(6).toString("hex")}`, SQL_ASCII: `t_${randomBytes(6).toString("hex")}` };
  const each = (body: (encoding: string, name: string) => Promise<void>) =>
    Promise.all(Object.entries(names).map(([encoding, name]) => body(encoding, name)));

  beforeAll(() =>
    administer(server, async (admin) => {
      for (const [encoding, name] of Object.entries(names))
        await admin.query(`create database ${name} encoding '${encoding}' locale 'C' template template0`);
    }),
  );
  afterAll(() =>
    administer(server, (admin) => each(async (_, name) => void (await admin.query(`drop database ${name}`)))),
  );

  async function withClient<T>(database: string, body: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({ ...server.superuser, database });
    await client.connect();
    try {
      return await body(client);
    } finally {
      await client.end();
    }
  }

  it("are converted by the server", () =>
    withClient(names.LATIN1, async (client) => {
      await client.query("create table one (v text); insert into one values (chr(233)), ('a')");
      const text = await copyOf(client, "one");
      const codec = await codecs.open(await columnsOf(client, "one"));
      await codec.encode(inPieces(text), codecs.path("latin.parquet"));
      expect((await collect(await codec.read(codecs.path("latin.parquet")))).toString()).toBe('"é"\n"a"\n');
    }));

  it("are refused by the server if the meaning of their bytes is unknown", () =>
    withClient(names.SQL_ASCII, async (client) => {
      await client.query("create table one (v text); insert into one values (E'\\xe9')");
      await expect(copyOf(client, "one")).rejects.toThrow('invalid byte sequence for encoding "UTF8"');
    }));
});
