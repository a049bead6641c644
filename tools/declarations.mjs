// Writes the types that users compile against, dist/types: of the declarations of components and core only those that the
// public ones lead to. Every preview of a TypeScript program reads and checks them, and what they name must be installed:
// whole, they would bring the schema library, the calendar and all of AWS (3,225 files where 393 do).
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const target = join(root, "dist", "types");
const ENTRY = "components/index";

/** Packages that the types may name: those that are installed with this one. */
const INSTALLED = ["@pulumi/pulumi"];
const UNREAD = ["@pulumi/aws", "@pulumi/postgresql"];

const program = readProgram();
const files = new Map();
keepExports(ENTRY);
await rm(target, { recursive: true, force: true });
for (const [key, file] of files) if (file.names.size > 0) await write(key, print(file));

function readProgram() {
  const { options, fileNames } = ts.getParsedCommandLineOfConfigFile(join(root, "tsconfig.build.json"), {}, ts.sys);
  const host = ts.createCompilerHost(options);
  // The declarations name no type of these, and reading them takes longer than all the rest.
  host.resolveModuleNameLiterals = (literals, from, _redirected, given) =>
    literals.map(({ text }) =>
      UNREAD.includes(text) ? { resolvedModule: undefined } : ts.resolveModuleName(text, from, given, host),
    );
  return ts.createProgram(fileNames, { ...options, outDir: target }, host);
}

/** Returns the declarations of a file, by its path without ending. Only those asked for are made: it takes a tenth of a second. */
function declarationsOf(key) {
  const known = files.get(key);
  if (known) return known;
  let file;
  const source = program.getSourceFile(join(root, `${key}.ts`));
  const { diagnostics } = program.emit(source, (_path, text) => (file = parse(key, text)), undefined, true);
  // `npm run typecheck` finds all other problems.
  if (file === undefined || diagnostics.length > 0)
    throw new Error(
      `${key}: ${diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " ")).join("; ")}`,
    );
  files.set(key, file);
  return file;
}

/** Returns a file's own statements by the names that they declare, the names that come from elsewhere, and those that are kept. */
function parse(key, text) {
  const source = ts.createSourceFile(`${key}.d.ts`, text, ts.ScriptTarget.Latest, true);
  const file = { key, source, declared: new Map(), foreign: new Map(), stars: [], names: new Set() };
  for (const statement of source.statements) {
    const from = statement.moduleSpecifier?.text;
    const bindings = statement.importClause?.namedBindings ?? statement.exportClause;
    if (from === undefined)
      for (const name of namesOf(statement)) file.declared.set(name, [...(file.declared.get(name) ?? []), statement]);
    else if (bindings === undefined) file.stars.push(from);
    else if (ts.isNamespaceImport(bindings)) file.foreign.set(bindings.name.text, { from, statement });
    else
      for (const { name, propertyName } of bindings.elements)
        file.foreign.set(name.text, { from, statement, original: (propertyName ?? name).text });
  }
  return file;
}

function namesOf(statement) {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.text);
  return statement.name ? [statement.name.text] : [];
}

function keepExports(key) {
  const file = declarationsOf(key);
  for (const [name, statements] of file.declared)
    if (ts.getCombinedModifierFlags(statements[0]) & ts.ModifierFlags.Export) keep(key, name);
  for (const [name, { statement }] of file.foreign) if (ts.isExportDeclaration(statement)) keep(key, name);
  for (const from of file.stars) keepExports(resolve(key, from));
}

/** Keeps what declares a name, and all that it names in turn. */
function keep(key, name) {
  const file = declarationsOf(key);
  if (file.names.has(name)) return;
  const foreign = file.foreign.get(name);
  // Anything else is the language's own, or a parameter of a type.
  if (!foreign && !file.declared.has(name)) return;
  file.names.add(name);
  if (foreign) keepForeign(key, foreign.from, foreign.original);
  for (const statement of file.declared.get(name) ?? []) follow(key, statement);
}

function keepForeign(key, from, name) {
  if (from.startsWith(".")) keep(resolve(key, from), name);
  else if (!INSTALLED.some((one) => from === one || from.startsWith(`${one}/`)))
    throw new Error(`${key}: the public types name "${from}", which is not installed with the package`);
}

function follow(key, node) {
  if (ts.isTypeReferenceNode(node)) keep(key, firstName(node.typeName));
  else if (ts.isTypeQueryNode(node)) keep(key, firstName(node.exprName));
  else if (ts.isExpressionWithTypeArguments(node)) keep(key, firstName(node.expression));
  if (ts.isImportTypeNode(node)) keepForeign(key, node.argument.literal.text, firstName(node.qualifier));
  ts.forEachChild(node, (child) => follow(key, child));
}

function firstName(name) {
  if (ts.isIdentifier(name)) return name.text;
  return firstName(ts.isQualifiedName(name) ? name.left : name.expression);
}

function resolve(key, from) {
  const path = posix.join(posix.dirname(key), from);
  return program.getSourceFile(join(root, `${path}.ts`)) ? path : `${path}/index`;
}

function print({ source, foreign, names }) {
  const kept = source.statements.flatMap((statement) => {
    const bindings = statement.importClause?.namedBindings ?? statement.exportClause;
    if (statement.moduleSpecifier && !bindings) return [statement.getFullText()];
    if (!statement.moduleSpecifier)
      return namesOf(statement).some((name) => names.has(name)) ? [statement.getFullText()] : [];
    const used = [...foreign].filter(([name, one]) => one.statement === statement && names.has(name));
    if (used.length === 0) return [];
    if (ts.isNamespaceImport(bindings)) return [statement.getFullText()];
    const elements = bindings.elements.filter(({ name }) => names.has(name.text)).map((one) => one.getText());
    const word = ts.isImportDeclaration(statement) ? "import" : "export";
    const only = (statement.importClause ?? statement).isTypeOnly ? " type" : "";
    return [`\n${word}${only} { ${elements.join(", ")} } from "${statement.moduleSpecifier.text}";`];
  });
  return `${kept.join("").trim()}\n`;
}

async function write(key, text) {
  const path = join(target, `${key}.d.ts`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
