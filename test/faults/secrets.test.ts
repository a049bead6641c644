import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { withDatabase } from "../support/database";
import { findInCommandLines, findInFolder, findInText, newCanary } from "../support/harness/canary";
import { Deployment } from "../support/harness/deployment";
import { eventsTable, program, reset } from "../support/harness/fixture";
import { said, withProgram } from "../support/harness/program";
import { up } from "../support/harness/rounds";

const canary = newCanary();
const role = `canary_${String(process.pid)}`;
const database = withDatabase();
const app = withProgram(database, { connection: () => ({ user: role }), ownProcesses: true });
const artefacts: string[] = [];

beforeAll(async () => {
  await reset(database);
  await database.query(`create role ${role} login password '${canary}'`);
  await database.query(`grant create on database ${database.database} to ${role}; grant all on schema app to ${role}`);
});
afterAll(async () => {
  await database.query(`drop owned by ${role} cascade`);
  await database.query(`drop role ${role}`);
});

/** Lines of the engine's own log: with -v=9 it prints every property that it handles, which Pulumi documents as unsafe. */
const ownLog = /^\{"time":.*$/gm;

async function keep(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  let commandLines: string[] = [];
  const onOutput = (): void => void (commandLines = [...commandLines, ...findInCommandLines(canary)]);
  const result = await app.run(args, { env, onOutput });
  artefacts.push(said(result));
  expect([...new Set(commandLines)]).toEqual([]);
  return result.code;
}

const leaks = (clean: (text: string) => string = (text) => text): string[] =>
  artefacts.splice(0).flatMap((text, index) => findInText(`output ${String(index)}`, clean(text), canary));

it("H06 the password is in no state, preview, message or command line of a whole life of a stack", async () => {
  app.declare({ tables: { events: eventsTable() }, asOf: "2025-03-10T00:00:00Z" });
  expect((await app.run(["config", "set", "--secret", "password", canary])).code).toBe(0);
  expect(await keep(["preview", "--diff"])).toBe(0);
  expect(await keep(["up", "--yes", "--skip-preview"])).toBe(0);
  app.declare({ tables: { events: eventsTable() }, asOf: "2025-04-10T00:00:00Z" });
  expect(await keep(["preview", "--json"])).toBe(0);
  expect(await keep(["destroy", "--yes", "--skip-preview"])).not.toBe(0);
  expect(leaks()).toEqual([]);
  expect(findInFolder(join(app.project.folder, ".state"), canary)).toEqual([]);
  expect(findInFolder(join(app.project.folder, ".home"), canary)).toEqual([]);
}, 180_000);

it("H06 with --logtostderr -v=9 the engine prints what it sends to us, and nothing else prints the password", async () => {
  const env = { PULUMI_DEBUG_GRPC: join(app.project.folder, "grpc.json") };
  expect(await keep(["up", "--yes", "--skip-preview", "--logtostderr", "-v=9"], env)).toBe(0);
  expect(leaks((text) => text.replaceAll(ownLog, ""))).toEqual([]);
  expect(findInFolder(join(app.project.folder, ".state"), canary)).toEqual([]);
}, 120_000);

it("H06 in the engine's own gRPC log, which is made for debugging, the password is only where the engine hands it to us", () => {
  const log = readFileSync(join(app.project.folder, "grpc.json"), "utf8").trimEnd().split("\n");
  const leaks = log.filter((line) => findInText("line", line, canary).length > 0);
  const methods = leaks.map((line) => (JSON.parse(line) as { method: string }).method);
  // Requests of the engine that carry the provider's configuration; nothing that we answer, and no resource.
  const carriers =
    /ResourceProvider\/(CheckConfig|DiffConfig|Configure)$|ResourceMonitor\/RegisterResource$|LanguageRuntime\/Run$/;
  expect(methods.filter((method) => !carriers.test(method))).toEqual([]);
});

it("H06 a password given by PGPASSWORD never reaches the engine: not even -v=9 and the gRPC log have it", async () => {
  app.declare({
    tables: { events: eventsTable() },
    asOf: "2025-04-10T00:00:00Z",
    before: "delete args.connection.password;",
  });
  const log = join(app.project.folder, "grpc-2.json");
  // The stack's own secret is another one now; the old provider's is still in its state, encrypted.
  expect((await app.run(["config", "set", "--secret", "password", "unused"])).code).toBe(0);
  expect((await app.run(["up", "--yes", "--skip-preview"], { env: { PGPASSWORD: canary } })).code).toBe(0);
  const env = { PGPASSWORD: canary, PULUMI_DEBUG_GRPC: log };
  expect(await keep(["up", "--yes", "--skip-preview", "--logtostderr", "-v=9"], env)).toBe(0);
  expect(leaks()).toEqual([]);
  expect(findInText("gRPC log", readFileSync(log, "utf8"), canary)).toEqual([]);
}, 120_000);

it("H06 no statement that the server logged holds the password", async () => {
  const server = readFileSync(database.logFile, "latin1");
  const ours = server.split("\n").filter((line) => line.includes("pulumi-pgpartition"));
  expect(ours.flatMap((line) => findInText("server log", line, canary))).toEqual([]);
  const running = await database.query<{ query: string }>("select query from pg_stat_activity");
  expect(running.flatMap(({ query }) => findInText("pg_stat_activity", query, canary))).toEqual([]);
});

it.each([
  ["as a URL", { url: "postgresql://nobody:SECRET@127.0.0.1:1/x" }, /127\.0\.0\.1:1/],
  ["wrong, as a value", { password: "SECRET" }, /authentication/i],
  ["in a URL that is none", { url: "postgresql://nobody:SECRET@:::/x" }, /url/i],
])("H06 a failed connect with a password %s says where to, and not the password", async (_, connection, expected) => {
  const config = Object.fromEntries(
    Object.entries({ url: database.url.replace(`:${database.password}@`, "@"), ...connection }).map(([key, value]) => [
      key,
      value.replace("SECRET", key === "url" ? encodeURIComponent(canary) : canary),
    ]),
  );
  const run = await up(database, new Deployment(), program("2025-03-10T00:00:00Z"), { config }).catch(
    (error: unknown) => ({
      error: String(error),
      messages: [] as readonly string[],
    }),
  );
  const text = [run.error ?? "", ...run.messages].join("\n");
  expect(text).toMatch(expected);
  expect(findInText("message", text, canary)).toEqual([]);
});
