// README.md: the program in it is the one of examples/quickstart, with the import that users write.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../paths";
import type { Page } from "./markdown";

const PROGRAM = "examples/quickstart/index.ts";

export function readmePage(): Page {
  const program = read(PROGRAM).replace('"../../components"', '"pulumi-pgpartition"').trim();
  return { path: "README.md", text: replaceBlock(read("README.md"), "program", `\`\`\`ts\n${program}\n\`\`\``) };
}

/** Replaces what stands between `<!-- name: … -->` and `<!-- /name -->`. */
export function replaceBlock(text: string, name: string, content: string): string {
  const pattern = new RegExp(`(<!-- ${name}:[^>]*-->\\n)[^]*?(\\n<!-- /${name} -->)`);
  if (!pattern.test(text)) throw new Error(`README.md has no block <!-- ${name}: … --> … <!-- /${name} -->`);
  return text.replace(pattern, (_, begin: string, end: string) => `${begin}\n${content}\n${end}`);
}

function read(path: string): string {
  return readFileSync(join(repositoryRoot, path), "utf8");
}
