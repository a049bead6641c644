import { defineConfig } from "vitest/config";

/** A .sql file is its text, as in the bundles (tools/build.mjs). */
const sqlAsText = {
  name: "sql-as-text",
  enforce: "pre" as const,
  transform: (code: string, id: string) =>
    id.endsWith(".sql") ? { code: `export default ${JSON.stringify(code)};`, map: null } : undefined,
};

/** What needs no server, no engine and no plugin process: `npm run test:core`. */
const core = ["test/core/**/*.test.ts", "test/components/**/*.test.ts", "test/policies/rules/**/*.test.ts"];

/** A guard of test/mutations is run in a copy of the sources, on a server of the run that asks for it. */
const globalSetup =
  process.env["PGPARTITION_TEST_BORROWED"] === undefined
    ? "test/support/global-setup.ts"
    : "test/mutations/borrowed-server.ts";

export default defineConfig({
  test: {
    // Two cores. Forks, not threads: tests kill processes, change the environment and load native modules.
    pool: "forks",
    maxWorkers: 2,
    // Generous, because a machine may be slow; never a retry, because a test that fails at times shows a fault.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    retry: 0,
    // The json is what .ci/run makes its last line from.
    reporters: ["default", "./test/support/slowest.ts", ["json", { outputFile: ".pgpartition/test-results.json" }]],
    projects: [
      {
        plugins: [sqlAsText],
        // Pure functions leave nothing behind: one process for many files, half of the time.
        test: { name: "core", include: core, isolate: false, testTimeout: 60_000 },
      },
      {
        plugins: [sqlAsText],
        test: {
          name: "services",
          include: ["test/**/*.test.ts"],
          exclude: ["**/node_modules/**", ...core],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          globalSetup: [globalSetup],
        },
      },
    ],
  },
});
