import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runQuickstart, withExample } from "../../tools/docs/sample";
import { repositoryRoot } from "../../tools/paths";

it("shows in the README what the CLI prints for its program", async () => {
  const readme = readFileSync(join(repositoryRoot, "README.md"), "utf8");
  const shown = (block: string): string =>
    new RegExp(`<!-- ${block}:[^]*?\`\`\`text\\n([^]*?)\\n\`\`\``).exec(readme)?.[1] ?? "";
  for (const [block, printed] of Object.entries(await runQuickstart()))
    expect(withoutToday(printed)).toBe(withoutToday(shown(block)));
}, 180_000);

it("has a second program, whose drift a refresh shows and the next update mends", async () => {
  await withExample("tenants", async ({ pulumi, sql }) => {
    await sql("create role app nologin");
    const made = await pulumi("up", "--yes", "--skip-preview", "--suppress-progress");
    for (const type of ["RowPolicy", "PublicationMember", "CronJob"]) expect(changed(made)).toContain(type);
    await pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");

    await sql(`alter table messages disable row level security; alter publication warehouse drop table messages;
      do $$ begin execute (select format('grant select on %s to public', min(inhrelid::regclass::text)) from pg_inherits where inhparent = 'messages'::regclass); end $$`);
    const drift = await pulumi("refresh", "--yes", "--skip-preview", "--suppress-progress");
    expect(changed(drift)).toEqual(["PartitionWindow", "PublicationMember", "RowPolicy"]);

    const mended = await pulumi("up", "--yes", "--skip-preview", "--suppress-progress");
    expect(changed(mended)).toEqual(["PartitionWindow", "PublicationMember", "RowPolicy"]);
    // What the last update had to do is no drift: the engine asks about a refresh with the sides exchanged.
    await pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });
}, 180_000);

/** Types of the resources that the CLI says were made, changed or found gone. */
function changed(output: string): string[] {
  const types = [...output.matchAll(/pgpartition:index:(\w+) \S+ (?:created|updated|deleted) \(/g)];
  return [...new Set(types.map((match) => match[1] ?? ""))].sort();
}

/** Rows of resources that do not wait for each other come in any order. */
function sortRows(text: string): string {
  const isRow = (line: string): boolean => /^ [-+~ ] +(?:pulumi|pgpartition):/.test(line);
  const lines = text.split("\n");
  const rows = lines.filter(isRow).sort();
  return lines.map((line) => (isRow(line) ? rows.shift() : line)).join("\n");
}

/** The clock of the program is fixed; ages and the end of a grace follow the database's. Sizes depend on the version. */
function withoutToday(text: string): string {
  return sortRows(text)
    .replace(/can come back until \S+\)/g, "can come back until …)")
    .replace(/dropped on \S+ or later/g, "dropped on … or later")
    .replace(/[\d.]+ [kM]B/g, "… kB");
}
