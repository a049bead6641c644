import { defineConfig } from "vitest/config";
import { sqlAsText } from "../../vitest.config.mjs";

/** For one test in a copy of the sources: with bundles of that copy, on a server of the run that asks for it. */
export default defineConfig({
  plugins: [sqlAsText],
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    globalSetup: ["test/mutations/borrowed-server.ts"],
  },
});
