// stacks/config.schema.json: the JSON Schema of the stack files, for editors.
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { buildStackConfigJsonSchema } from "../../stacks/json-schema";
import { repositoryRoot } from "../paths";
import type { Page } from "./markdown";

export async function stackSchemaFile(): Promise<Page> {
  const path = "stacks/config.schema.json";
  const style = await resolveConfig(join(repositoryRoot, path));
  const text = JSON.stringify(buildStackConfigJsonSchema("pulumi-pgpartition"), undefined, 2);
  return { path, text: await format(text, { ...style, parser: "json" }) };
}
