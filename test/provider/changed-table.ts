// What the tests of a table's changes share: an update of which preview printed every statement, and after which nothing is due.
import { expect } from "vitest";
import { type TestDatabase, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import type { Deployment } from "../support/harness/deployment";
import { preview, refresh, type Run, up } from "../support/harness/rounds";
import { withDeployment, withPrepared } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { changesOf, nothingLeft } from "./support";

/** The day of these tests. */
export const asOf = "2025-03-10T00:00:00Z";

/** `app.events` and its partitions on that day, with the same words behind each. */
export const everywhere = (text: string) =>
  ["events", "events_p2025_02", "events_p2025_03", "events_p2025_04"].map((name) => `${name} ${text}`);

interface Change {
  readonly sent: string[];
  /** What preview printed. */
  readonly text: string;
}

interface ChangedTable {
  readonly database: TestDatabase;
  readonly deployment: Deployment;
  /** Changes the table, and expects what preview printed to be what ran, and nothing to be left to do. */
  readonly change: (next: Program) => Promise<Change>;
  /** Names of what differs from the state. */
  readonly refresh: () => Promise<string[]>;
}

/** Call it at the top of a describe block: each test begins empty, or with the table as first declared and what the SQL around it makes. */
export function withChangedTable(
  version: TestDatabase["version"],
  first?: { readonly before?: string; readonly program: Program; readonly rows: string },
): ChangedTable {
  const database = withDatabase(version);
  const deployment: Deployment = first
    ? withPrepared(database, async () => {
        if (first.before !== undefined) await database.query(first.before);
        expect((await up(database, deployment, first.program)).error).toBeUndefined();
        await database.query(first.rows);
      })
    : withDeployment(database);
  return {
    database,
    deployment,
    change: (next) => change(database, deployment, next),
    refresh: () => refresh(database, deployment, { asOf }),
  };
}

async function change(database: TestDatabase, deployment: Deployment, next: Program): Promise<Change> {
  const shown = await preview(database, deployment, next);
  expect(shown.error).toBeUndefined();
  let run: Run | undefined;
  const sent = changesOf(
    await statementsDuring(database, async () => void (run = await up(database, deployment, next))),
  );
  expect(run?.error).toBeUndefined();
  const text = shown.messages.join("\n");
  for (const sql of sent) expect(text).toContain(`${sql};  --`);
  await nothingLeft(database, deployment, next);
  return { sent, text };
}
