// `npm run deps:check`: dependency-cruiser over the folders that exist; the rules are in .dependency-cruiser.cjs.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folders = ["core", "postgres", "archive", "migration", "provider", "components", "policies", "stacks", "cli"]
  .concat(["tools", "test", "bench", "examples"])
  .filter((folder) => existsSync(join(root, folder)));

const cruise = join(root, "node_modules", "dependency-cruiser", "bin", "dependency-cruise.mjs");
const { status } = spawnSync(
  process.execPath,
  [cruise, "--no-progress", "--config", ".dependency-cruiser.cjs", ...folders],
  {
    cwd: root,
    stdio: "inherit",
  },
);
process.exitCode = status ?? 1;
