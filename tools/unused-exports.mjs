// `npm run exports:check`: every export must be imported in another file; one used only in its own file, or not at all, fails.
// Read from the imports alone, without types: a second for all files.
import { readdirSync, readFileSync, existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const FOLDERS = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")).include;

/**
 * Files imported from outside: the package, the policy pack, Pulumi programs whose exports are outputs, vitest's own, and
 * those that a test compiles a text against.
 */
const ENTRIES =
  /^(components\/index|policies\/index|stacks\/index|examples\/.*|test\/(support\/(global-setup|slowest)|mutations\/borrowed-server))\.ts$/;

const filesBelow = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.d)\.[cm]?[jt]s$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.includes("node_modules") && !/^test\/.*fixtures\//.test(path));

const files = FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap(filesBelow);
const known = new Set(files);

/** Returns the file of this repository that an import names. */
function resolve(from, specifier) {
  if (!specifier.startsWith(".")) return undefined;
  const path = join(dirname(from), specifier);
  return [path, `${path}.ts`, join(path, "index.ts"), `${path}.mjs`].find((one) => known.has(one));
}

const used = new Map();
const use = (file, name) => file && used.set(file, (used.get(file) ?? new Set()).add(name));
const exported = [];

for (const file of files) {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest, true);
  for (const statement of source.statements) {
    const at = (node) => ({
      file,
      name: node.text,
      line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1,
    });
    if (ts.isImportDeclaration(statement)) readImport(file, statement);
    else if (ts.isExportDeclaration(statement)) readReexport(file, statement, at);
    else if (ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(isExport) && !isPublic(statement))
      exported.push(...namesOf(statement).map(at));
  }
  readInline(file, source);
}

function isExport({ kind }) {
  return kind === ts.SyntaxKind.ExportKeyword;
}

/** Matches exports in the declarations that users compile against, by inference: no import shows it. */
function isPublic(statement) {
  return ts.getJSDocTags(statement).some(({ tagName }) => tagName.text === "public");
}

function readImport(file, { importClause, moduleSpecifier }) {
  const target = resolve(file, moduleSpecifier.text);
  if (importClause?.name) use(target, "default");
  const bindings = importClause?.namedBindings;
  if (!bindings) return;
  if (ts.isNamespaceImport(bindings)) use(target, "*");
  else for (const one of bindings.elements) use(target, (one.propertyName ?? one.name).text);
}

function readReexport(file, { exportClause, moduleSpecifier }, at) {
  const names = exportClause && ts.isNamedExports(exportClause) ? exportClause.elements : undefined;
  if (names) exported.push(...names.map(({ name }) => at(name)));
  const target = moduleSpecifier && resolve(file, moduleSpecifier.text);
  if (!names) use(target, "*");
  else for (const one of names) use(target, (one.propertyName ?? one.name).text);
}

/** Reads `import("./x")`, as a call or a type, and `require("./x")`: they may use any name. */
function readInline(file, source) {
  const text = source.text.matchAll(/\b(?:import|require)\(\s*["'](\.[^"']*)["']\s*\)/g);
  for (const [, specifier] of text) use(resolve(file, specifier), "*");
}

function namesOf(statement) {
  if (!ts.isVariableStatement(statement)) return statement.name ? [statement.name] : [];
  const names = (binding) =>
    ts.isIdentifier(binding) ? [binding] : binding.elements.flatMap((one) => (one.name ? names(one.name) : []));
  return statement.declarationList.declarations.flatMap(({ name }) => names(name));
}

const unused = exported.filter(({ file, name }) => {
  const names = used.get(file);
  return !ENTRIES.test(file) && !names?.has(name) && !names?.has("*");
});
for (const { file, line, name } of unused)
  console.error(`${file}:${line} "${name}" is exported, and no other file imports it`);
if (unused.length > 0) process.exitCode = 1;
