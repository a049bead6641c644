// A program of its own that executes statements, so that tests can kill it. Arguments: configuration and statements as JSON.
import type { DatabaseConfig } from "../../postgres/connect/database-config";
import { Database } from "../../postgres/database";
import type { Statement } from "../../core/sql/statement";

const [config, statements] = process.argv.slice(2).map((text) => JSON.parse(text) as unknown) as [
  DatabaseConfig,
  Statement[],
];
// What esbuild's `define` does in the bundle that tests use.
(globalThis as { PGPARTITION_FAULTPOINTS?: boolean }).PGPARTITION_FAULTPOINTS = process.env["FAULTPOINTS"] === "on";
const log = { info: quiet, warn: quiet, debug: quiet, status: quiet };

async function main(): Promise<void> {
  const database = new Database(config, {});
  try {
    await database.execute(statements, { signal: new AbortController().signal, log, subject: "working" });
    console.log("done");
  } catch (error) {
    console.log(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  } finally {
    await database.close();
  }
}

function quiet(): void {}

void main();
