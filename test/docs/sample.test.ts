import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { previewOfQuickstart } from "../../tools/docs/sample";
import { repositoryRoot } from "../../tools/paths";

it("shows in the README what the CLI prints for its program", async () => {
  const readme = readFileSync(join(repositoryRoot, "README.md"), "utf8");
  const shown = /<!-- sample:[^]*?```text\n([^]*?)\n```/.exec(readme)?.[1] ?? "";
  expect(withoutToday(await previewOfQuickstart())).toBe(withoutToday(shown));
}, 180_000);

/** The clock of the program is fixed; ages and the end of a grace follow the database's. Sizes depend on the version. */
function withoutToday(text: string): string {
  return text
    .replace(/ended \d+ days ago/g, "ended … days ago")
    .replace(/dropped on \S+ or later/g, "dropped on … or later")
    .replace(/[\d.]+ [kM]B/g, "… kB");
}
