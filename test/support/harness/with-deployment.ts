// What most tests of resources start from: an empty database, and a deployment that knows of nothing.
import { beforeEach } from "vitest";
import type { TestDatabase } from "../database";
import { Deployment } from "./deployment";
import { reset, resetManaged } from "./fixture";
import { keepState } from "./kept-state";

/**
 * Call it where the database is made: both are as new before each test, with the management schema that the first update would
 * only find. Schemas: those of the test, where `app` is not all.
 */
export function withDeployment(database: TestDatabase, schemas?: readonly string[]): Deployment {
  const deployment = new Deployment();
  beforeEach(() => startAgain(database, deployment, schemas));
  return deployment;
}

/** The same, where each test begins with what `setUp` leaves: it runs once, and its result is kept. */
export function withPrepared(database: TestDatabase, setUp: () => Promise<void>): Deployment {
  const deployment = new Deployment();
  let restore: (() => Promise<void>) | undefined;
  beforeEach(async () => {
    if (restore) return restore();
    await startAgain(database, deployment);
    await setUp();
    restore = await keepState(database, deployment);
  });
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
