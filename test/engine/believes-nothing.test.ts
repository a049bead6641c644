// What a preview of the real engine says of a table that the database cannot have as declared.
import { beforeAll, expect, test } from "vitest";
import { projectFile } from "../../tools/project-file";
import { withDatabase } from "../support/database";
import { eventsTable } from "../support/harness/fixture";
import { shippedPluginFolder } from "../support/harness/packed";
import { said, withProgram } from "../support/harness/program";
import { buildStandIns, standInFolder } from "../support/stand-in/build";

const database = withDatabase();
const engine = withProgram(database, {
  connection: () => ({ user: database.superuser.user }),
  pluginFolder: shippedPluginFolder,
});
const asOf = "2025-03-10T00:00:00Z";
const MINUTES = 300_000;

beforeAll(() => buildStandIns(["postgresql"]));

test(
  "every mistake is an error with its argument, in preview and up, and nothing is created",
  async () => {
    await database.query("create schema if not exists app");
    const wrong = eventsTable({
      columns: {
        id: "bigint",
        at: "timestamptz",
        note: { type: "text", nullable: true, default: "app.nope()" },
        mood: { type: "app.mood", nullable: true },
      },
      checks: { positive: "amuont > 0" },
      grants: { nobody_here: ["select"] },
      storage: { hot: { tablespace: "nowhere", options: { filfactor: 90 } } },
    });
    engine.declare({ tables: { events: wrong }, asOf });
    for (const args of [["preview"], ["up", "--yes"]]) {
      const run = await engine.run(args);
      expect(run.code).not.toBe(0);
      expect(said(run)).toContain(
        'grants.nobody_here: role "nobody_here" does not exist. Create it first, or correct the name.',
      );
      for (const path of [
        "columns.mood.type",
        "columns.note.default",
        "checks.positive",
        "storage.hot.tablespace",
        "storage.hot.options.filfactor",
      ])
        expect(said(run)).toContain(`${path}: `);
      expect(said(run)).not.toMatch(/SQLSTATE|creating table|value \{|<nil>/);
    }
    expect(await database.query("select from pg_class where relname = 'events'")).toEqual([]);
  },
  MINUTES,
);

test(
  "what a prerequisite creates first is a warning of the preview, and there in the update",
  async () => {
    const role = `reader_${String(process.pid)}`;
    engine.project.write({
      "Pulumi.yaml": projectFile("faults", { pgpartition: shippedPluginFolder, postgresql: standInFolder }),
    });
    engine.declare({
      tables: { events: eventsTable({ schema: "telemetry", grants: { [role]: ["select"] } }) },
      asOf,
      more: { prerequisites: { schemas: ["telemetry"], roles: { [role]: { for: "read" } } } },
    });
    try {
      const preview = await engine.run(["preview"]);
      expect(preview.code, said(preview)).toBe(0);
      expect(said(preview)).toMatch(
        new RegExp(`grants\\.${role}: role .* does not exist.*It must exist when the update runs`),
      );
      expect(said(preview)).toMatch(/schema: schema "telemetry" does not exist.*It must exist when the update runs/);
      const made = await engine.run(["up", "--yes"]);
      expect(made.code, said(made)).toBe(0);
      const again = await engine.run(["preview", "--expect-no-changes"]);
      expect(again.code, said(again)).toBe(0);
      expect(said(again)).not.toContain("It must exist");
    } finally {
      await database.query(`drop schema if exists telemetry cascade; drop owned by ${role} cascade`);
      await database.query(`drop role if exists ${role}`);
    }
  },
  MINUTES,
);
