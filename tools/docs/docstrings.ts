// Reads documented declarations out of TypeScript sources, with the compiler's own parser.
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";
import { repositoryRoot } from "../paths";

/** An exported interface, type or class with the docstrings of itself and its members. */
export interface Declaration {
  readonly file: string;
  readonly name: string;
  readonly isClass: boolean;
  readonly text: string;
  readonly example: string | undefined;
  /** Words that were meant as text and read as tags, such as a package's `@scope`: the text ends there. */
  readonly strayTags: readonly string[];
  /** Types that it extends, each as written. */
  readonly extended: readonly string[];
  /** Type that an alias stands for, as written. */
  readonly alias?: string;
  readonly members: readonly Member[];
}

export interface Member {
  /** Dotted for a member of a nested literal: `references.table`. */
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  readonly text: string;
  readonly fallback: string | undefined;
  readonly example: string | undefined;
  readonly strayTags: readonly string[];
}

/** Returns the exported interfaces, type literals and classes of a file, in its order. */
export function readDeclarations(file: string, text = readFileSync(join(repositoryRoot, file), "utf8")): Declaration[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  return source.statements.flatMap((statement) => {
    if (!isDocumented(statement) || !isExported(statement) || !statement.name) return [];
    return [
      {
        file,
        name: statement.name.text,
        isClass: ts.isClassDeclaration(statement),
        ...docOf(statement),
        extended: extendedBy(statement),
        ...(ts.isTypeAliasDeclaration(statement) ? { alias: plainType(statement.type.getText()) } : {}),
        members: membersOf(statement),
      },
    ];
  });
}

type Documented = ts.InterfaceDeclaration | ts.TypeAliasDeclaration | ts.ClassDeclaration;

function isDocumented(node: ts.Statement): node is Documented {
  return ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isClassDeclaration(node);
}

function isExported(node: Documented): boolean {
  return node.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword) === true;
}

function extendedBy(node: Documented): string[] {
  if (ts.isTypeAliasDeclaration(node)) return [];
  return (node.heritageClauses ?? []).flatMap((clause) => clause.types.map((type) => plainType(type.getText())));
}

/** Returns the files of the repository that a file imports from, by the names that it imports. */
export function readImports(
  file: string,
  text = readFileSync(join(repositoryRoot, file), "utf8"),
): ReadonlyMap<string, string> {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022);
  return new Map(
    source.statements.filter(ts.isImportDeclaration).flatMap(({ importClause, moduleSpecifier }) => {
      const names = importClause?.namedBindings;
      if (!names || !ts.isNamedImports(names) || !ts.isStringLiteral(moduleSpecifier)) return [];
      if (!moduleSpecifier.text.startsWith(".")) return [];
      const from = `${posix.join(posix.dirname(file), moduleSpecifier.text)}.ts`;
      return names.elements.map(({ name }): [string, string] => [name.text, from]);
    }),
  );
}

function membersOf(node: Documented): Member[] {
  if (ts.isInterfaceDeclaration(node)) return node.members.flatMap((member) => property(member, ""));
  if (ts.isTypeAliasDeclaration(node))
    return literalsIn(node.type).flatMap((literal) => literal.members.flatMap((member) => property(member, "")));
  return node.members.flatMap((member) =>
    ts.isPropertyDeclaration(member) && isPublic(member) ? property(member, "") : [],
  );
}

function isPublic(member: ts.PropertyDeclaration): boolean {
  return member.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.PrivateKeyword) !== true;
}

/** Returns a member, and those of the object literal that is its whole type; one form among several is described by its text. */
function property(member: ts.TypeElement | ts.ClassElement, prefix: string): Member[] {
  if (!ts.isPropertySignature(member) && !ts.isPropertyDeclaration(member)) return [];
  const name = `${prefix}${member.name.getText()}`;
  const doc = docOf(member);
  const nested =
    member.type && ts.isTypeLiteralNode(member.type)
      ? member.type.members.flatMap((inner) => property(inner, `${name}.`))
      : [];
  const type = nested.length > 0 ? "object" : (member.type?.getText() ?? "");
  return [{ name, type: plainType(type), optional: member.questionToken !== undefined, ...doc }, ...nested];
}

function literalsIn(node: ts.TypeNode): ts.TypeLiteralNode[] {
  if (ts.isTypeLiteralNode(node)) return [node];
  if (ts.isParenthesizedTypeNode(node)) return literalsIn(node.type);
  if (ts.isUnionTypeNode(node) || ts.isIntersectionTypeNode(node)) return node.types.flatMap(literalsIn);
  return [];
}

/** Keeps what matters to a caller: `readonly` always applies, `pulumi.` is understood. */
function plainType(text: string): string {
  return text
    .replace(/\breadonly /g, "")
    .replace(/\bpulumi\./g, "")
    .replace(/Readonly<(Record<.*>)>/g, "$1")
    .replace(/\s+/g, " ")
    .replace(/< /g, "<")
    .replace(/ >/g, ">");
}

type Doc = Pick<Member, "text" | "example" | "fallback" | "strayTags">;

const TAGS = ["default", "example", "param"];

function docOf(node: ts.Node): Doc {
  const doc = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc);
  const tags = doc?.tags ?? [];
  const tag = (name: string): string | undefined =>
    textOf(tags.find((candidate) => candidate.tagName.text === name)?.comment);
  const strayTags = tags.map((candidate) => candidate.tagName.text).filter((name) => !TAGS.includes(name));
  return { text: textOf(doc?.comment) ?? "", example: tag("example"), fallback: tag("default"), strayTags };
}

function textOf(comment: string | ts.NodeArray<ts.JSDocComment> | undefined): string | undefined {
  return ts.getTextOfJSDocComment(comment)?.trim();
}
