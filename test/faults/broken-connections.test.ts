import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { withDatabase } from "../support/database";
import { left, program } from "../support/harness/fixture";
import { cutOnce, type Proxy, startProxy } from "../support/harness/proxy";
import { preview, up } from "../support/harness/rounds";
import { startAgain, withDeployment } from "../support/harness/with-deployment";

const database = withDatabase();
const deployment = withDeployment(database);
let proxy: Proxy;
beforeAll(async () => {
  proxy = await startProxy(database);
});
afterAll(() => proxy.close());

const window = { lead: "1 day", retention: "1 month" } as const;
const march = program("2025-03-10T00:00:00Z", { window, grace: "none" });
const april = program("2025-04-10T00:00:00Z", { window, grace: "none" });
const through = () => ({ url: database.url.replace(/@[^/]*\//, `@${proxy.host}:${String(proxy.port)}/`) });

let undisturbed: string;

async function prepare(): Promise<void> {
  proxy.rule({});
  expect((await up(database, deployment, march)).error).toBeUndefined();
}

beforeAll(async () => {
  await startAgain(database, deployment);
  await prepare();
  expect((await up(through(), deployment, april)).error).toBeUndefined();
  undisturbed = (await left(database)).dump;
});
beforeEach(prepare);

/** One roll through a proxy that cuts once, then one without: the same schema, and nothing more to do. */
async function cutAndRerun(statement: RegExp, moment: "before" | "during" | "after"): Promise<void> {
  const cut = cutOnce(statement, moment);
  proxy.rule(cut.rule);
  const run = await up(through(), deployment, april);
  expect(cut.done(), "the statement went through the proxy").toBe(true);
  proxy.rule({});
  const said = [run.error ?? "", ...run.messages].join("\n");
  expect(said).not.toContain(database.password);
  if (run.error !== undefined) {
    expect(run.error).toMatch(/connection (was|is) lost|connection.*(lost|terminated|reset)/i);
    expect((await up(through(), deployment, april)).error).toBeUndefined();
  }
  expect((await preview(through(), deployment, april)).steps).toEqual([]);
  const { dump, orphans } = await left(database);
  expect(orphans).toEqual([]);
  expect(dump).toBe(undisturbed);
}

const statements: readonly (readonly [string, RegExp])[] = [
  ["CREATE TABLE of a partition", /CREATE TABLE "app"."events_p2025_04"/],
  ["ATTACH", /ATTACH PARTITION/],
  ["COMMIT", /\0commit\0/],
  ["DETACH CONCURRENTLY", /DETACH PARTITION .* CONCURRENTLY/],
  ["DROP TABLE", /DROP TABLE "app"."events_p2025_02"/],
  ["an entry of the ledger", /insert into "pgpartition".ledger/],
  ["a read of the catalogue", /pg_inherits/],
];

describe.each(statements)("connection cut at %s", (name, statement) => {
  it.each(["before", "during", "after"] as const)(`B04 cut %s ${name}: the next up leaves the same schema`, (moment) =>
    cutAndRerun(statement, moment),
  );
});

it("B03 the reply to COMMIT is lost: the outcome is read again, nothing is created twice", async () => {
  await cutAndRerun(/\0commit\0/, "after");
  expect((await left(database)).dump.match(/^relation app.events_p2025_04 /gm)).toHaveLength(1);
});

it("B04 a server that refuses every connection is named by host and port, never with the password", async () => {
  proxy.rule({ refuse: true });
  const { error, messages } = await up(through(), deployment, april);
  const said = [error ?? "", ...messages].join("\n");
  expect(said).toContain(`${proxy.host}:${String(proxy.port)}`);
  expect(said).not.toContain(database.password);
});
