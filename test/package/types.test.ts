// What the compiler says to programs of users: strict, with the types of libraries checked, in both resolutions of Pulumi's templates.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { type Installation, installPackage, readmeProgram, run } from "./installed";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let installed: Installation;
beforeAll(async () => {
  installed = (await installPackage()).current;
});

/** Compiler options of `pulumi new typescript`: today's, and those of older projects. */
const TEMPLATES = {
  node: { module: "commonjs", moduleResolution: "node" },
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
};

const SHARED = `
import { PartitionedDatabase, type PartitionedTable } from "pulumi-pgpartition";

const shared = {
  columns: { id: "bigserial", at: { type: "timestamptz", default: "now()" }, tenant: "uuid" },
  primaryKey: ["id", "at"],
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "2 months", retention: "12 months" },
  onExpire: "detach",
  grace: "7 days",
  indexes: { by_tenant: { columns: ["tenant", { column: "at", order: "desc" }] } },
  grants: { app: ["select", "insert"] },
  rowSecurity: { policies: { own: { roles: ["app"], using: "true" } } },
  publications: { warehouse: { create: { publish: ["insert"] } } },
  retireHours: { days: ["saturday"], from: "01:00", to: "03:00", zone: "UTC" },
} as const;

const database = new PartitionedDatabase("app", {
  connection: {},
  tables: {
    events: { table: "events", ...shared },
    logs: { table: "logs", ...shared, partitionBy: [{ list: "tenant", values: ["a"] }, ...shared.partitionBy] },
  },
});

const events: PartitionedTable = database.tables.events;
export const runway = events.runway;
// @ts-expect-error: no table of this key is declared
database.tables.evnts;
// @ts-expect-error: no unit of this name
new PartitionedDatabase("b", { connection: {}, tables: { b: { table: "b", ...shared, window: { lead: "2 moons", retention: "forever" } } } });

const read: Record<string, typeof shared & { table: string }> = {};
// Keys that the compiler does not know: each may be missing.
export const late = new PartitionedDatabase("c", { connection: {}, tables: read }).tables["c"]?.runway;
`;

test.each(Object.entries(TEMPLATES))(
  "the README's program and shared declarations compile with moduleResolution %s, and read no type of AWS",
  async (name, resolution) => {
    const folder = join(installed.folder, `types-${name}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "readme.ts"), readmeProgram());
    writeFileSync(join(folder, "shared.ts"), SHARED);
    const compilerOptions = {
      strict: true,
      target: "es2020",
      ...resolution,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: false,
    };
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["readme.ts", "shared.ts"] }),
    );
    const { code, stdout } = await run(installed, "npx", ["tsc", "-p", folder, "--listFiles"]);
    expect(stdout).not.toMatch(/error TS/);
    expect(code).toBe(0);
    const files = stdout.split("\n").filter((line) => line.endsWith(".d.ts"));
    // 393 and 417 when this was written, most of them Pulumi's own and the language's; with AWS, the schema library and the calendar 3,225.
    expect(files.length).toBeLessThan(600);
    expect(files.filter((file) => /node_modules\/(@pulumi\/(?!pulumi\/)|zod|temporal)/.test(file))).toEqual([]);
  },
);
