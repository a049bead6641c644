import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { repositoryRoot } from "../../tools/paths";

it("docs/faults.md has a row for every fault of this version, and each row's test exists", () => {
  const said = execFileSync(process.execPath, [join(repositoryRoot, "tools", "check-faults.mjs")], {
    encoding: "utf8",
  });
  expect(said).toMatch(/rows, each with its test/);
});
