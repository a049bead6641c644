// The interfaces that users write, and the check that each of their arguments is documented.
import { code } from "./markdown";
import { type Declaration, type Member, readDeclarations, readImports } from "./docstrings";

/** Files with arguments of components, in reading order. Each is followed by the files of the arguments that it mentions. */
const FILES = [
  "components/partitioned-database.ts",
  "core/declare/table/args.ts",
  "components/partitioned-table.ts",
  "components/archive-bucket.ts",
  "components/archive-bucket-existing.ts",
  "core/declare/archive/bucket-args.ts",
  "components/archive-catalog.ts",
  "components/monitoring.ts",
  "core/monitoring/monitoring-args.ts",
  "components/provider.ts",
  "components/prerequisites.ts",
];

export function componentDeclarations(): Declaration[] {
  const declarations = FILES.flatMap((file) => [file, ...namedBy(file, FILES)])
    .filter((file, index, files) => files.indexOf(file) === index)
    .flatMap((file) => readDeclarations(file));
  return declarations
    .filter((declaration) => declaration.isClass || isArguments(declaration))
    .map((declaration) => withMembersOf(declarations, declaration));
}

/** Returns the files of the arguments that are named in a file, and in those; without `known` ones. */
function namedBy(file: string, known: readonly string[]): string[] {
  const imports = readImports(file);
  const found = readDeclarations(file)
    .filter((declaration) => declaration.isClass || isArguments(declaration) || isBase(declaration.name))
    .flatMap(({ alias = "", extended, members }) => [alias, ...members.map((member) => member.type), ...extended])
    .flatMap((type) => type.match(/\b\w+\b/g) ?? [])
    .filter((name) => name.endsWith("Args") || isBase(name))
    .flatMap((name) => imports.get(name) ?? []);
  return found
    .filter((next, index) => found.indexOf(next) === index && !known.includes(next))
    .flatMap((next) => [next, ...namedBy(next, [...known, ...found])]);
}

/** Matches interfaces that arguments extend and users never name: their members are documented where they are extended. */
function isBase(name: string): boolean {
  return /(Options|Settings)$/.test(name);
}

/** Replaces `X` and `Omit<X, "a" | "b">` of a base by their members. */
function withMembersOf(all: readonly Declaration[], declaration: Declaration): Declaration {
  const inherited = declaration.extended.map((text) => ({ text, members: inheritedMembers(all, text) }));
  return {
    ...declaration,
    extended: inherited.flatMap(({ text, members }) => (members ? [] : [text])),
    members: [...declaration.members, ...inherited.flatMap(({ members }) => members ?? [])],
  };
}

function inheritedMembers(all: readonly Declaration[], text: string): readonly Member[] | undefined {
  const [, name = "", omitted = ""] = /^(?:Omit<)?(\w+)(?:, ([^>]*)>)?$/.exec(text) ?? [];
  const base = isBase(name) ? all.find((one) => one.name === name) : undefined;
  return base?.members.filter((member) => !omitted.includes(`"${member.name}"`));
}

/** Formats a default for readers: a value is code, a sentence is not. */
export function fallbackText(text: string): string {
  return /^("[^"]*"|[\d.]+|true|false|\[\])$/.test(text) ? code(text) : text.replace(/\.$/, "");
}

export function isArguments(declaration: Declaration): boolean {
  return declaration.name.endsWith("Args");
}

/**
 * Returns the problems of the docstrings: an undocumented argument, a text cut by a stray tag, a type of arguments that the
 * page names and does not have.
 */
export function docstringProblems(declarations: readonly Declaration[]): string[] {
  const all = declarations.filter((declaration) => isArguments(declaration) || declaration.members.length > 0);
  const documented = new Set(declarations.map((declaration) => declaration.name));
  return all.flatMap((declaration) => {
    const at = (member: Member): string => `${declaration.file}: ${declaration.name}.${member.name}`;
    return [
      ...strayTags(`${declaration.file}: ${declaration.name}`, declaration),
      ...declaration.members.flatMap((member) => strayTags(at(member), member)),
      ...declaration.members
        .filter((member) => member.text === "")
        .map((member) => `${at(member)} has no text on its meaning`),
      ...declaration.members.flatMap((member) =>
        argumentTypesIn(member.type)
          .filter((type) => !documented.has(type))
          .map((type) => `${at(member)} is of type ${type}, which no page documents: export it, and import it by name`),
      ),
    ];
  });
}

/** Returns IndexArgs for `Record<string, IndexArgs | string>`. */
function argumentTypesIn(type: string): string[] {
  return [...new Set(type.replace(/"[^"]*"/g, "").match(/\b\w+Args\b/g) ?? [])];
}

function strayTags(where: string, doc: { readonly strayTags: readonly string[] }): string[] {
  return doc.strayTags.map((tag) => `${where}: "@${tag}" reads as a tag, and the text ends before it`);
}
