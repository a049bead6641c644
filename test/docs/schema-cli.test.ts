import { join } from "node:path";
import { expect, it } from "vitest";
import { getSchemaText } from "../../provider/package-schema";
import { shippedPluginFolder } from "../support/harness/packed";
import { withProject } from "../support/pulumi";

/** A project of its own: the repository's names the plugin by a path that the CLI reads from the working folder. */
const project = withProject({ "Pulumi.yaml": "name: schema\nruntime: nodejs\n" });

it("is accepted by pulumi package get-schema, which checks it, and comes back whole", async () => {
  const plugin = join(shippedPluginFolder, "pulumi-resource-pgpartition");
  const { code, stdout, stderr } = await project.run("package", "get-schema", plugin);
  expect(stderr).not.toMatch(/error|warning/i);
  expect(code).toBe(0);
  const ours = JSON.parse(getSchemaText()) as Record<string, object>;
  const theirs = JSON.parse(stdout) as Record<string, object>;
  for (const part of ["resources", "functions", "types"]) {
    expect(Object.keys(theirs[part] ?? {}).sort()).toEqual(Object.keys(ours[part] ?? {}).sort());
  }
});
