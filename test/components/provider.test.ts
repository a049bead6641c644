// Where the connection of a provider comes from.
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PartitionedDatabase, Provider, type ProviderArgs } from "../../components";
import { type Registered, recording, settled } from "./support";

let registered: Registered[];
beforeEach(() => {
  registered = recording();
});
afterEach(async () => {
  await settled();
  pulumi.runtime.setAllConfig({});
});

const configured = (values: Readonly<Record<string, string>>) =>
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(values).map(([key, value]) => [`pgpartition:${key}`, value])),
  );

/** Inputs of the provider, without those of the package itself. A secret is an object with its value. */
async function inputsOf(args: ProviderArgs): Promise<Record<string, unknown>> {
  new Provider("p", args);
  await settled();
  const { version: _, ...inputs } =
    registered.find(({ type }) => type === "pulumi:providers:pgpartition")?.inputs ?? {};
  return inputs;
}

const secret = (value: string) => expect.objectContaining({ value });

test("what the program leaves out comes from the stack configuration, the password as a secret", async () => {
  configured({ host: "db.example.com", port: "5433", user: "owner", password: "geheim", sslMode: "verify-full" });
  expect(await inputsOf({ user: "app", port: 5434 })).toEqual({
    host: "db.example.com",
    port: "5434",
    user: "app",
    password: secret("geheim"),
    sslMode: "verify-full",
  });
});

test("a url of the program is whole: nothing configured is mixed into it", async () => {
  configured({ host: "other.example.com", password: "geheim", url: "postgres://other" });
  expect(await inputsOf({ url: "postgres://db" })).toEqual({ url: secret("postgres://db") });
});

test("a configured url counts only where the program says nothing", async () => {
  configured({ url: "postgres://configured" });
  expect(await inputsOf({})).toEqual({ url: secret("postgres://configured") });
  registered = recording();
  expect(await inputsOf({ host: "db" })).toEqual({ host: "db" });
});

test("an empty connection of a database does the same", async () => {
  configured({ host: "db.example.com" });
  const events = {
    table: "events",
    columns: { at: "timestamptz" },
    partitionBy: [{ range: "at", every: "month" }],
    window: { lead: "1 month", retention: "2 months" },
    onExpire: "drop",
  } as const;
  new PartitionedDatabase("app", {
    connection: {},
    prerequisites: { schemas: ["x"] },
    tables: { events },
    asOf: "2026-05-10T00:00:00Z",
  });
  await settled();
  expect(registered.find(({ name }) => name === "app-provider")?.inputs).toMatchObject({ host: "db.example.com" });
  expect(registered.find(({ type }) => type === "pulumi:providers:postgresql")?.inputs).toMatchObject({
    host: "db.example.com",
  });
});

test("without configuration nothing is added", async () => {
  expect(await inputsOf({})).toEqual({});
});
