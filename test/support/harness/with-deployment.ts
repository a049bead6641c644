// What most tests of resources start from: an empty database, and a deployment that knows of nothing.
import { afterAll, afterEach, beforeEach } from "vitest";
import { closeAll } from "../../provider/wire-support";
import type { TestDatabase } from "../database";
import { Deployment } from "./deployment";
import { reset } from "./fixture";
import { endPlugins } from "./plugin";

// Hooks of the file that imports this one: its tests share one log service, which a describe block must not end for the next.
afterEach(endPlugins);
afterAll(closeAll);

/** Call it where the database is made: both are as new before each test. Schemas: those of the test, where `app` is not all. */
export function withDeployment(database: TestDatabase, schemas?: readonly string[]): Deployment {
  const deployment = new Deployment();
  beforeEach(() => startAgain(database, deployment, schemas));
  return deployment;
}

/** For the middle of a test: the database is emptied, and the deployment forgets what it has created. */
export async function startAgain(
  database: TestDatabase,
  deployment: Deployment,
  schemas?: readonly string[],
): Promise<void> {
  await reset(database, schemas);
  deployment.state.clear();
}
