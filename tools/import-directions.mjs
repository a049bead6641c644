// `npm run deps:check`: permitted imports between folders (.dependency-cruiser.cjs), no cycle between two folders, and no
// folder with more files than fit into one view.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cruise } from "dependency-cruiser";
import extractDepcruiseOptions from "dependency-cruiser/config-utl/extract-depcruise-options";

const MOST_FILES = 25;

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);
const product = [
  "core",
  "postgres",
  "jobs",
  "archive",
  "conversion",
  "provider",
  "components",
  "policies",
  "stacks",
  "cli",
];
const folders = [...product, "tools", "test", "bench", "examples"].filter((folder) => existsSync(folder));

const options = await extractDepcruiseOptions(join(root, ".dependency-cruiser.cjs"));
const { output } = await cruise(folders, { ...options, outputType: "json" });
const { modules, summary } = JSON.parse(output);
const ours = modules.filter(({ source }) => product.includes(source.split("/")[0]));

const broken = summary.violations.map(
  ({ rule, from, to, cycle = [] }) =>
    `${rule.name}: ${[from, ...(cycle.length > 0 ? cycle.map(({ name }) => name) : [to])].join(" -> ")}`,
);
const found = [...broken, ...cyclesBetweenFolders(ours), ...largeFolders(ours)];
for (const problem of found) console.error(problem);
if (found.length > 0) process.exitCode = 1;
else
  console.log(
    `${modules.length} files: every import goes with the stream, no cycle between folders, no folder over ${MOST_FILES} files`,
  );

/** Returns the cycles. Types count as much as code: both have to be read first. */
function cyclesBetweenFolders(all) {
  const edges = new Map();
  for (const { source, dependencies } of all)
    for (const { resolved } of dependencies) {
      const [from, to] = [dirname(source), dirname(resolved)];
      if (from === to || !product.includes(to.split("/")[0])) continue;
      if (!edges.has(from)) edges.set(from, new Map());
      edges.get(from).set(to, `${source} -> ${resolved}`);
    }
  const problems = [];
  for (const from of edges.keys())
    for (const [to, example] of edges.get(from)) {
      const back = wayFrom(to, from, edges);
      if (back !== undefined && from < to) problems.push(`folder-cycle: ${example}, and back: ${back.join(", ")}`);
    }
  return problems;
}

/** Returns the shortest chain of imports from one folder to another; undefined if there is none. */
function wayFrom(start, end, edges) {
  const ways = new Map([[start, []]]);
  for (const [folder, way] of ways) {
    if (folder === end) return way;
    for (const [next, example] of edges.get(folder) ?? []) if (!ways.has(next)) ways.set(next, [...way, example]);
  }
  return undefined;
}

function largeFolders(all) {
  const sizes = new Map();
  for (const { source } of all) sizes.set(dirname(source), (sizes.get(dirname(source)) ?? 0) + 1);
  return [...sizes]
    .filter(([, size]) => size > MOST_FILES)
    .map(([folder, size]) => `large-folder: ${folder} has ${size} files, ${MOST_FILES} at most`);
}
