// A place of archives is tried when it is declared or changed, not first when a partition expires.
import { afterAll, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { anyVersion, withDatabase } from "../support/database";
import { ArchiveFolder } from "../support/harness/archive-folder";
import { program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";

const ASOF = "2025-03-10T00:00:00Z";
const NOTHING = "nothing can be archived or restored now; partitions are still created";

describe.each(anyVersion())("PostgreSQL %s, a declared archive", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const folder = new ArchiveFolder();

  afterAll(async () => {
    folder.remove();
    await database.query("drop schema app cascade");
  });

  const to = (place: string, more: Partial<TableSpecArgs> = {}) =>
    program(ASOF, folder.declared({ archive: { to: place }, ...more }));
  const good = () => `file://${folder.path}`;
  const bad = () => `file://${folder.path}/missing/folder`;
  const warned = (messages: readonly string[]) => messages.filter((message) => message.includes(NOTHING)).length;

  it.each(["partition", "window"] as const)(
    "is tried by the first preview, which warns, and every partition is created anyway (resources: %s)",
    async (resources) => {
      const declared = to(bad(), { resources });
      const first = await preview(database, deployment, declared);
      expect(first.error).toBeUndefined();
      expect(warned(first.messages)).toBe(1);
      expect((await up(database, deployment, declared)).error).toBeUndefined();
      const made = await database.query("select from pg_inherits where inhparent = 'app.events'::regclass");
      expect(made.length).toBeGreaterThan(2);
      // Known by now, and nothing needs it.
      expect(warned((await preview(database, deployment, declared)).messages)).toBe(0);
    },
  );

  it("is tried again when it is changed, and a good one says nothing", async () => {
    expect(warned((await up(database, deployment, to(good()))).messages)).toBe(0);
    expect(warned((await preview(database, deployment, to(bad()))).messages)).toBe(1);
    expect(warned((await preview(database, deployment, to(good()))).messages)).toBe(0);
  });

  it("may become an archive table that lacks the columns: a warning too", async () => {
    await database.query("create table app.narrow (id int)");
    await up(database, deployment, to(good()));
    const later = program(ASOF, { onExpire: "archive", archive: { to: { table: "app.narrow" } } });
    const { error, messages } = await preview(database, deployment, later);
    expect([error, warned(messages), messages]).toEqual([undefined, 1, expect.anything()]);
  });
});
