// What most tests of resources start from: an empty database, and a deployment that knows of nothing.
import { beforeEach } from "vitest";
import type { TestDatabase } from "../database";
import { Deployment } from "./deployment";
import { reset, resetManaged } from "./fixture";

/**
 * Call it where the database is made: both are as new before each test, with the management schema that the first update would
 * only find. Schemas: those of the test, where `app` is not all.
 */
export function withDeployment(database: TestDatabase, schemas?: readonly string[]): Deployment {
  const deployment = new Deployment();
  beforeEach(() => startAgain(database, deployment, schemas));
  return deployment;
}

/** The same without the management schema, for tests of which its installation is a part: of rights, of connections, of its end. */
export function withFirstDeployment(database: TestDatabase): Deployment {
  const deployment = new Deployment();
  beforeEach(async () => {
    await reset(database);
    deployment.state.clear();
  });
  return deployment;
}

/** For the middle of a test: the database is emptied, and the deployment forgets what it has created. */
export async function startAgain(
  database: TestDatabase,
  deployment: Deployment,
  schemas?: readonly string[],
): Promise<void> {
  await resetManaged(database, schemas);
  deployment.state.clear();
}
