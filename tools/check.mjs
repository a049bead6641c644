// `npm run check`: every static check, two at a time, one line each; the output of those that fail follows.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const pending = ["typecheck", "lint", "format:check", "deps:check", "exports:check", "docs:check", "faults:check"];
const failures = [];

function run(name) {
  const started = performance.now();
  const child = spawn("npm", ["run", "--silent", name], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
      if (code !== 0) failures.push(`--- ${name}\n${output.trim()}`);
      resolve();
    });
  });
}

async function worker() {
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) await run(name);
}

await Promise.all([worker(), worker()]);
if (failures.length > 0) {
  console.error(failures.join("\n\n"));
  process.exitCode = 1;
}
