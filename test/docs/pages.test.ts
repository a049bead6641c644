import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import packageJson from "../../package.json";
import { HAZARDS } from "../../core/sql/statement";
import { RULES } from "../../policies/rules";
import { GENERATED, REFERENCE_FOLDER } from "../../tools/docs/markdown";
import { generatedPages } from "../../tools/docs/pages";
import { repositoryRoot } from "../../tools/paths";

const read = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");
const markdown = (folder: string): string[] =>
  readdirSync(join(repositoryRoot, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
const PAGES = [...markdown("."), ...markdown("docs"), ...markdown(REFERENCE_FOLDER)];

describe("the documentation", () => {
  it.each(PAGES)("%s leads to pages that exist, and to their headings", (path) => {
    const links = [...read(path).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map((match) => match[1] ?? "");
    for (const link of links) {
      const [file = "", heading] = link.split("#");
      const target = file === "" ? path : relative(repositoryRoot, join(repositoryRoot, dirname(path), file));
      expect(existsSync(join(repositoryRoot, target)), `${link} in ${path}`).toBe(true);
      if (heading !== undefined) expect(headings(target), `${link} in ${path}`).toContain(heading);
    }
  });

  it("states on the first line of each page of the reference that it is generated", async () => {
    const pages = (await generatedPages()).filter(({ path }) => path.startsWith(REFERENCE_FOLDER));
    expect(pages.length).toBeGreaterThan(8);
    for (const { text } of pages) expect(text.split("\n")[0]).toBe(GENERATED);
  });

  it("has every policy and every hazard in the reference", async () => {
    const text = new Map((await generatedPages()).map((page) => [page.path, page.text]));
    for (const rule of RULES) expect(text.get(`${REFERENCE_FOLDER}/policies.md`)).toContain(`## ${rule.name}\n`);
    for (const hazard of Object.keys(HAZARDS))
      expect(text.get(`${REFERENCE_FOLDER}/locks.md`)).toContain(`\`${hazard}\``);
  });

  it("states for every dependency what it saves", () => {
    const page = read("docs/dependencies.md");
    for (const name of Object.keys({ ...packageJson.peerDependencies, ...packageJson.devDependencies })) {
      expect(page).toContain(`\`${name}\``);
    }
  });
});

/** As GitHub makes anchors: lower case, no punctuation, blanks as hyphens. */
function headings(path: string): string[] {
  return [...read(path).matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? "")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/ /g, "-"),
  );
}
