import type { Client } from "pg";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testVersions, withDatabase } from "../../support/database";
import { samples } from "./samples";
import { collect, columnsOf, copyOf, inPieces, load, makeTypes, withCodecs } from "./support";
import { casesOn } from "../../support/sample";

describe.each(testVersions())("the types of PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const codecs = withCodecs();
  let client: Client;

  beforeAll(async () => {
    client = await server.connect();
    await makeTypes(client);
  });
  afterAll(() => client.end());

  it.each(
    casesOn(
      version,
      samples.filter(({ since = 15 }) => version >= since),
    ),
  )("come back byte for byte: $type", async (sample) => {
    await client.query(
      `drop table if exists one, restored; create table one (n int, v ${sample.type}, w ${sample.type})`,
    );
    for (const value of [...sample.values, null]) await client.query("insert into one values (1, $1, null)", [value]);
    const columns = await columnsOf(client, "one");
    const text = await copyOf(client, "one");
    const codec = await codecs.open(columns);
    const file = codecs.path(`${version}.parquet`);
    const chunk = await codec.encode(inPieces(text, 7), file);
    const sha256 = createHash("sha256").update(text).digest("hex");
    expect(chunk).toMatchObject({ rows: sample.values.length + 1, textBytes: text.length, textSha256: sha256 });
    expect((await collect(await codec.read(file))).toString()).toBe(text.toString());
    expect(await codec.prove(file)).toEqual({ rows: chunk.rows, textBytes: chunk.textBytes, textSha256: sha256 });
    await client.query("create table restored (like one)");
    await load(client, "restored", await codec.read(file));
    expect((await copyOf(client, "restored")).equals(text)).toBe(true);
  });
});
