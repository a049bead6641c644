// README.md: its programs are those of examples/, with the import that users write.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../paths";
import type { Page } from "./markdown";

/** Example that each block shows. */
const PROGRAMS = { program: "quickstart", tenants: "tenants" };

export function readmePage(): Page {
  const text = Object.entries(PROGRAMS).reduce((page, [block, example]) => {
    const program = read(`examples/${example}/index.ts`).replace('"../../components"', '"pulumi-pgpartition"').trim();
    return replaceBlock(page, block, `\`\`\`ts\n${program}\n\`\`\``);
  }, read("README.md"));
  return { path: "README.md", text };
}

/** Replaces the text between `<!-- name: … -->` and `<!-- /name -->`. */
export function replaceBlock(text: string, name: string, content: string): string {
  const pattern = new RegExp(`(<!-- ${name}:[^>]*-->\\n)[^]*?(\\n<!-- /${name} -->)`);
  if (!pattern.test(text)) throw new Error(`README.md has no block <!-- ${name}: … --> … <!-- /${name} -->`);
  return text.replace(pattern, (_, begin: string, end: string) => `${begin}\n${content}\n${end}`);
}

function read(path: string): string {
  return readFileSync(join(repositoryRoot, path), "utf8");
}
