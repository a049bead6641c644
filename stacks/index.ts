import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type ConnectionArgs, PartitionedDatabase } from "../components";
import { type Stack, requireStack } from "./stack";

const stack = readStack();

// The component reads the clock once for all its tables: pgpartition:asOf, else now.
const database = new PartitionedDatabase("app", {
  connection: markPasswordSecret(stack.connection),
  tables: stack.tables,
  trustAsOf: stack.trustAsOf,
  allowDestroy: stack.allowDestroy,
  ...(stack.maxBytesPerUpdate === undefined ? {} : { maxBytesPerUpdate: stack.maxBytesPerUpdate }),
});

const tables = Object.values(database.tables);

/** First instant for which some table has no partition. */
export const runway = findEarliest(tables.map((table) => table.runway));
/** Instant at which a window next moves: run `pulumi up` soon after. */
export const nextRoll = findEarliest(tables.map((table) => table.nextRoll));

function readStack(): Stack {
  try {
    return requireStack(pulumi.runtime.allConfig(), pulumi.getProject(), pulumi.getStack(), {
      environment: process.env,
      readFile: (path) => readIfThere(resolve(__dirname, "..", path)),
    });
  } catch (error) {
    // A RunError is printed without a stack trace: this is a message to the user, not a crash.
    throw error instanceof Error && error.name === "InvalidSpecError" ? new pulumi.RunError(error.message) : error;
  }
}

/** ISO 8601 in UTC sorts as text. */
function findEarliest(instants: pulumi.Output<string>[]): pulumi.Output<string | undefined> {
  return pulumi.all(instants).apply((all) => [...all].sort()[0]);
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function markPasswordSecret(connection: Stack["connection"]): ConnectionArgs {
  const { password, ...rest } = connection;
  // Checked by the schema of the configuration; the types of Inputs are wider than those of plain values.
  const plain = rest as ConnectionArgs;
  return password === undefined ? plain : { ...plain, password: pulumi.secret(String(password)) };
}
