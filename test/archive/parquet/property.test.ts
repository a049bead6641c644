import fc, { type Arbitrary } from "fast-check";
import { createHash } from "node:crypto";
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anyVersion, withDatabase } from "../../support/database";
import { columnsOf, copyOf, inPieces, withCodecs } from "./support";

const digits = (length: number) => fc.stringMatching(new RegExp(`^[1-9][0-9]{0,${length - 1}}$`));
const decimal = fc.tuple(fc.constantFrom("", "-"), digits(30), digits(25), fc.integer({ min: -40, max: 40 })).map(([sign, whole, rest, power]) => `${sign}${whole}.${rest}e${power}`); // prettier-ignore
const number = fc.oneof(fc.double().map(String), fc.integer().map(String), fc.constantFrom("NaN", "Infinity", "-0"));
// From some years before Christ to the end of PostgreSQL's calendar, with every fraction of a second.
const time = fc.oneof(
  fc.bigInt({ min: -210_000_000_000_000_000n, max: 9_000_000_000_000_000_000n }).map((micros) => `epoch ${micros}`),
  fc.bigInt({ min: -3_000_000_000_000_000n, max: 5_000_000_000_000_000n }).map((micros) => `epoch ${micros}`),
  fc.constantFrom("infinity", "-infinity"),
);
const text = fc.oneof(fc.string({ unit: "binary" }).map((value) => value.replaceAll("\0", "")), fc.stringMatching(/^["\\,\n\r ]*$/)); // prettier-ignore
const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value).replaceAll("\\u0000", ""));

/** A type, what is sent for it, and how the server makes a value of that. */
const types: readonly (readonly [string, Arbitrary<string>, string?])[] = [
  ["smallint", fc.integer({ min: -32768, max: 32767 }).map(String)],
  ["integer", fc.integer().map(String)],
  ["bigint", fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)],
  ["boolean", fc.boolean().map(String)],
  [
    "numeric",
    fc.oneof(
      decimal,
      number.map((value) => (value === "-0" ? "0" : value)),
    ),
  ],
  ["numeric(38,10)", decimal, "(($1::numeric % 1e28)::numeric(38,10))"],
  ["numeric(4,4)", decimal, "(($1::numeric % 1) * 0.99)::numeric(4,4)"],
  ["double precision", number],
  ["real", fc.float().map(String)],
  ["text", text],
  ["bytea", fc.uint8Array().map((bytes) => `\\x${Buffer.from(bytes).toString("hex")}`)],
  ["uuid", fc.uuid()],
  ["date", fc.integer({ min: -2_400_000, max: 2_100_000_000 }).map(String), "(case when $1::bigint < 0 then date '2000-01-01' + $1::int else date '2000-01-01' + ($1::bigint % 4000000)::int end)"], // prettier-ignore
  ["timestamptz", time, "(case when $1 like 'epoch%' then timestamptz 'epoch' + substr($1, 7)::bigint * interval '1 microsecond' else $1::timestamptz end)"], // prettier-ignore
  ["timestamp", time, "(case when $1 like 'epoch%' then timestamp 'epoch' + substr($1, 7)::bigint * interval '1 microsecond' else $1::timestamp end)"], // prettier-ignore
  ["interval", fc.bigInt({ min: -2_000_000_000n, max: 2_000_000_000n }).map(String), "($1::bigint * interval '1 day 1 microsecond')"], // prettier-ignore
  ["jsonb", json],
  ["text[]", text, "array[$1, null, $1 || '{\"'] "],
];

const cases = types.map(([type, values, expression = `$1::text::${type}`]) => ({ type, values, expression }));

describe.each(anyVersion())("any value on PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const codecs = withCodecs();
  let client: Client;
  beforeAll(async () => void (client = await server.connect()));
  afterAll(() => client.end());

  it.each(cases)("comes back byte for byte: $type", async ({ type, values, expression }) => {
    const file = codecs.path(`${version}.parquet`);
    await client.query(`drop table if exists one; create table one (v ${type})`);
    const codec = await codecs.open(await columnsOf(client, "one"));
    const lists = fc.array(fc.option(values, { freq: 10 }), { minLength: 1, maxLength: 60 });
    const property = fc.asyncProperty(lists, async (list) => {
      await client.query("truncate one");
      await client.query(`insert into one select ${expression.replaceAll("$1", "x")} from unnest($1::text[]) x`, [
        list,
      ]);
      const sent = await copyOf(client, "one");
      const chunk = await codec.encode(inPieces(sent, 13), file);
      const sha256 = createHash("sha256").update(sent).digest("hex");
      expect(chunk).toMatchObject({ rows: list.length, textSha256: sha256 });
      expect((await codec.prove(file)).textSha256).toBe(sha256);
    });
    await fc.assert(property, { numRuns: 15 });
  });
});
