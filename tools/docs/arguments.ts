// The interfaces that users write, and the check that each of their arguments is documented.
import { type Declaration, type Member, readDeclarations } from "./docstrings";

/** Files with arguments of the components, in reading order. */
const FILES = [
  "components/partitioned-database.ts",
  "components/partitioned-table.ts",
  "core/spec/args.ts",
  "core/spec/level-args.ts",
  "core/spec/schedule-args.ts",
  "core/spec/publication-args.ts",
  "core/spec/security-args.ts",
  "core/spec/storage-args.ts",
  "core/spec/default-partition-args.ts",
  "core/archive/archive-args.ts",
  "core/spec/hold-args.ts",
  "core/spec/restored-args.ts",
  "core/spec/retire-hours-args.ts",
  "core/spec/backup-args.ts",
  "components/archive-bucket.ts",
  "components/archive-bucket-existing.ts",
  "core/archive/bucket-args.ts",
  "components/archive-catalog.ts",
  "core/archive/catalog-args.ts",
  "components/monitoring.ts",
  "core/monitoring/args.ts",
  "components/provider.ts",
  "components/prerequisites.ts",
] as const;

/** Files with interfaces that arguments extend and users never name: their members are documented where they are extended. */
const BASES = ["core/archive/store-settings.ts"] as const;

export function componentDeclarations(): Declaration[] {
  const bases = BASES.flatMap((file) => readDeclarations(file));
  return FILES.flatMap((file) => readDeclarations(file)).map((declaration) => withMembersOf(bases, declaration));
}

/** `X` and `Omit<X, "a" | "b">` of a base stand as the members that they give. */
function withMembersOf(bases: readonly Declaration[], declaration: Declaration): Declaration {
  const [, name = "", omitted = ""] = /^(?:Omit<)?(\w+)(?:, ([^>]*)>)?$/.exec(declaration.extended ?? "") ?? [];
  const base = bases.find((one) => one.name === name);
  if (!base) return declaration;
  const inherited = base.members.filter((member) => !omitted.includes(`"${member.name}"`));
  return { ...declaration, extended: undefined, members: [...declaration.members, ...inherited] };
}

export function isArguments(declaration: Declaration): boolean {
  return declaration.name.endsWith("Args");
}

/**
 * What is wrong with the docstrings: an argument whose meaning is not told, a text cut by a stray tag, a type of arguments that the
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
        .map((member) => `${at(member)} does not say what it means`),
      ...declaration.members.flatMap((member) =>
        argumentTypesIn(member.type)
          .filter((type) => !documented.has(type))
          .map(
            (type) =>
              `${at(member)} is of type ${type}, which no page documents: add its file to tools/docs/arguments.ts`,
          ),
      ),
    ];
  });
}

/** `Record<string, IndexArgs | string>` names IndexArgs. */
function argumentTypesIn(type: string): string[] {
  return [...new Set(type.replace(/"[^"]*"/g, "").match(/\b\w+Args\b/g) ?? [])];
}

function strayTags(where: string, doc: { readonly strayTags: readonly string[] }): string[] {
  return doc.strayTags.map((tag) => `${where}: "@${tag}" reads as a tag, and the text ends before it`);
}
