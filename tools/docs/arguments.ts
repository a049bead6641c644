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

export function componentDeclarations(): Declaration[] {
  return FILES.flatMap((file) => readDeclarations(file));
}

export function isArguments(declaration: Declaration): boolean {
  return declaration.name.endsWith("Args");
}

/** What is wrong with the docstrings: an argument whose meaning is not told, a text cut by a stray tag. */
export function docstringProblems(declarations: readonly Declaration[]): string[] {
  const all = declarations.filter((declaration) => isArguments(declaration) || declaration.members.length > 0);
  return all.flatMap((declaration) => {
    const at = (member: Member): string => `${declaration.file}: ${declaration.name}.${member.name}`;
    return [
      ...strayTags(`${declaration.file}: ${declaration.name}`, declaration),
      ...declaration.members.flatMap((member) => strayTags(at(member), member)),
      ...declaration.members
        .filter((member) => member.text === "")
        .map((member) => `${at(member)} does not say what it means`),
    ];
  });
}

function strayTags(where: string, doc: { readonly strayTags: readonly string[] }): string[] {
  return doc.strayTags.map((tag) => `${where}: "@${tag}" reads as a tag, and the text ends before it`);
}
