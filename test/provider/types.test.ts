import { beforeEach, describe, expect, it } from "vitest";
import { testVersions, withDatabase } from "../support/database";
import { Deployment } from "../support/harness/deployment";
import { program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { casesOn } from "../support/sample";

const asOf = "2025-03-10T00:00:00Z";
const declare = (type: string) =>
  program(asOf, {
    columns: {
      id: "bigint",
      at: "timestamptz",
      note: { type: "text", nullable: true },
      mood: { type, nullable: true },
    },
  });

describe.each(testVersions())("PostgreSQL %s, types that are not PostgreSQL's own", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    await database.query(`create type app.mood as enum ('sad', 'happy'); create type app."Mood" as enum ('x');
      create domain app.amount as numeric(12, 2)`);
  });

  it.each([
    ["mood", /the type "mood" of column "mood" of "app.events" is not known.*Write it with its schema: "app.mood"/s],
    ["mood[]", /the type "mood\[\]".*Write it with its schema: "app.mood"/s],
    ["amount", /Write it with its schema: "app.amount"/],
    ["app.moood", /the type "app.moood".*Correct its spelling/],
  ])("%s is refused by preview as by up, with the name that it has", async (type, words) => {
    for (const run of [preview, up]) {
      const { error } = await run(database, new Deployment(), declare(type));
      expect(error).toMatch(words);
    }
    expect(await database.query("select from pg_class where relname = 'events'")).toEqual([]);
  });

  it.each(
    casesOn(version, [
      "app.mood",
      "APP.mood",
      '"app"."mood"',
      'app."Mood"',
      "app.mood[]",
      "app.amount",
      "pg_catalog.int4",
    ]),
  )("%s is created, and is no difference afterwards", async (type) => {
    expect((await preview(database, deployment, declare(type))).error).toBeUndefined();
    expect((await up(database, deployment, declare(type))).error).toBeUndefined();
    expect((await up(database, deployment, declare(type))).steps).toEqual([]);
    // As another program would adopt it.
    await database.query("drop schema pgpartition cascade");
    const { error, messages } = await preview(database, new Deployment(), declare(type));
    expect(error).toBeUndefined();
    expect(messages.join("\n")).not.toContain("ALTER COLUMN");
  });

  it("an unqualified name of the type that a column has must be written with its schema, and is no rewrite", async () => {
    expect((await up(database, deployment, declare("app.mood"))).error).toBeUndefined();
    const { error } = await preview(database, deployment, declare("mood"));
    expect(error).toMatch(/Write it with its schema/);
    expect(error).not.toContain("rewrite");
  });
});
