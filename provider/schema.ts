import { version } from "../package.json";

/** The package's schema as the engine and `pulumi package` ask for it. */
export function schemaText(): string {
  return JSON.stringify({ name: "pgpartition", version });
}
