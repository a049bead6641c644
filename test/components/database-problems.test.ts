// Everything that is wrong with a database and its tables, in one round.
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { type ConnectionArgs, PartitionedDatabase, type PartitionedDatabaseArgs } from "../../components";
import type { createDatabaseSchema } from "../../core/declare/database/shape";
import { recording, settled } from "./support";

const good = {
  table: "events",
  columns: { id: "bigint", at: "timestamptz" },
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "1 month", retention: "2 months" },
  onExpire: "drop",
};
const whole = { connection: {}, tables: { events: good }, asOf: "2026-05-10T00:00:00Z" };

/** What the program is told; "" if nothing. */
async function told(args: unknown): Promise<string> {
  const registered = recording();
  let message = "";
  try {
    new PartitionedDatabase("app", args as never);
  } catch (error) {
    message = error instanceof Error ? error.message : String(error);
    expect(registered.filter(({ type }) => !type.endsWith(":PartitionedDatabase"))).toEqual([]);
  }
  await settled();
  return message;
}

type Schema = ReturnType<typeof createDatabaseSchema>["shape"];
type SameKeys<A, B> = [keyof A, keyof B] extends [keyof B, keyof A] ? true : false;

test("every documented property is checked, and no other is accepted", () => {
  // The compiler says so; the names alone are here to be read.
  const same: [SameKeys<Schema, PartitionedDatabaseArgs>, SameKeys<Schema["connection"]["shape"], ConnectionArgs>] = [
    true,
    true,
  ];
  expect(same).toEqual([true, true]);
});

describe("a database that is declared wrong", () => {
  test.each<[string, object | undefined, string]>([
    ["no arguments", undefined, "tables: this property is missing."],
    ["no tables", { tables: undefined }, "tables: this property is missing."],
    ["a list of tables", { tables: [good] }, "tables: "],
    ["a table that is no object", { tables: { events: "events" } }, 'tables.events: "events" is not an object.'],
    ["an unknown property", { allowDestory: ["public.events"] }, 'the property "allowDestory" does not exist here.'],
    [
      "one of the connection",
      { connection: { hostname: "db" } },
      'connection.hostname: the property "hostname" does not',
    ],
    ["one of the defaults", { defaults: { onexpire: "drop" } }, 'defaults.onexpire: the property "onexpire" does not'],
    ["a port as a text", { connection: { port: "5432" } }, 'connection.port: "5432" is not a number.'],
    ["a moment that is none", { asOf: "soon" }, 'asOf: "soon" is not a date or time'],
    ["a table for two keys", { tables: { a: good, b: good } }, 'tables.b.table: tables "a" and "b" both declare'],
  ])("%s: the path and what is wrong, before anything is registered", async (_, change, expected) => {
    expect(await told(change && { ...whole, ...change })).toContain(expected);
  });

  test("is told everything at once, shape and meaning, of all tables", async () => {
    const message = await told({
      ...whole,
      connection: { port: "x" },
      trustAsof: true,
      tables: {
        one: { ...good, columns: { id: null } },
        two: { ...good, table: "two", primaryKey: ["id"] },
        "three x": { ...good, table: "three", window: { lead: "1", retention: "1 month" } },
      },
    });
    for (const path of ["connection.port", "trustAsof", "tables.one.columns.id", "tables.two.primaryKey"])
      expect(message).toContain(`  - ${path}: `);
    expect(message).toContain('  - tables["three x"].window.lead: ');
    expect(message.split("\n")).toHaveLength(6);
  });

  test("may have every value of its connection as an output, and the place of an archive", async () => {
    const later = pulumi.output("x");
    const connection = { url: pulumi.secret("postgres://db/app"), host: later, port: pulumi.output(5432), user: later };
    const archived = { ...good, onExpire: "archive", archive: { to: pulumi.output("s3://bucket/rows") } };
    expect(await told({ ...whole, connection, tables: { events: archived } })).toBe("");
  });
});
