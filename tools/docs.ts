// `npm run docs:gen` writes the generated pages; `npm run docs:check` (--check) fails if one of them is out of date.
// `npm run docs:gen -- --sample` also runs the README's program on a real database and copies its output into the README.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { componentDeclarations, docstringProblems } from "./docs/arguments";
import { type Page, REFERENCE_FOLDER } from "./docs/markdown";
import { docstringsFile } from "./docs/docstrings-file";
import { replaceBlock } from "./docs/readme";
import { runQuickstart } from "./docs/sample";
import { repositoryRoot } from "./paths";

async function main(args: readonly string[]): Promise<void> {
  if (args.includes("--sample")) await writeSample();
  const check = args.includes("--check");
  const problems = docstringProblems(componentDeclarations());
  if (!check) write([docstringsFile()]);
  // The package schema reads the docstrings when it is loaded.
  const { generatedPages } = await import("./docs/pages");
  const pages = await generatedPages();
  if (check) problems.push(...drift([docstringsFile(), ...pages]), ...stale(pages).map(notGenerated));
  else replaceReference(pages);
  for (const problem of problems) console.error(`docs: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}

function drift(pages: readonly Page[]): string[] {
  return pages
    .filter(({ path, text }) => textAt(path) !== text)
    .map(({ path }) => `${path} is out of date; run npm run docs:gen`);
}

function notGenerated(path: string): string {
  return `${path} is not generated any more; run npm run docs:gen`;
}

function replaceReference(pages: readonly Page[]): void {
  for (const path of stale(pages)) rmSync(join(repositoryRoot, path));
  write(pages);
}

function write(pages: readonly Page[]): void {
  for (const { path, text } of pages) {
    if (textAt(path) === text) continue;
    mkdirSync(dirname(join(repositoryRoot, path)), { recursive: true });
    writeFileSync(join(repositoryRoot, path), text);
    console.log(path);
  }
}

async function writeSample(): Promise<void> {
  const readme = join(repositoryRoot, "README.md");
  const blocks = Object.entries(await runQuickstart());
  const text = blocks.reduce(
    (page, [name, output]) => replaceBlock(page, name, `\`\`\`text\n${output}\n\`\`\``),
    readFileSync(readme, "utf8"),
  );
  writeFileSync(readme, text);
}

/** Returns the pages of the reference that are no longer generated. */
function stale(pages: readonly Page[]): string[] {
  const folder = join(repositoryRoot, REFERENCE_FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => `${REFERENCE_FOLDER}/${name}`)
    .filter((path) => !pages.some((page) => page.path === path));
}

function textAt(path: string): string | undefined {
  const file = join(repositoryRoot, path);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
});
