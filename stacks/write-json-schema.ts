import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stackConfigJsonSchema } from "./json-schema";

/** Writes what editors use: `npx tsx stacks/write-json-schema.ts`. A test fails while the committed file is old. */
writeFileSync(
  join(__dirname, "config.schema.json"),
  `${JSON.stringify(stackConfigJsonSchema("pulumi-pgpartition"), undefined, 2)}\n`,
);
