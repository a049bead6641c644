import { afterAll, beforeAll, expect, it } from "vitest";
import { version } from "../../package.json";
import { Database } from "../../postgres/database";
import { ensureManagementSchema } from "../../postgres/management/install";
import { recordingLog } from "../postgres/support";
import { withDatabase } from "../support/database";
import { findInCommandLines, findInText, newCanary } from "../support/harness/canary";
import { type CliResult, onDatabase, pgpartition } from "./support";

const database = withDatabase();
let role: string;
const secret = newCanary();

beforeAll(async () => {
  role = `cli_${database.database}`;
  await database.query(`create role ${role} login password '${secret}'`);
  const config = { url: database.url, applicationName: "test", managementSchema: "books" };
  const books = new Database(config, {});
  await ensureManagementSchema(books, { signal: new AbortController().signal, log: recordingLog() });
  await books.close();
});
afterAll(() => database.query(`drop role ${role}`));

const address = () => `${database.host}:${String(database.port)}/${database.database}`;
const withSecret = (at = address()) => ({
  env: { DATABASE_URL: `postgresql://${role}:${encodeURIComponent(secret)}@${at}` },
});

/** One sentence on standard error that begins with our name; no stack trace, nothing on standard output. */
function expectSentence(result: CliResult, expected: RegExp): void {
  expect(result.code).toBe(1);
  expect(result.stdout).toBe("");
  expect(result.stderr).toMatch(expected);
  expect(result.stderr).not.toMatch(/^\s+at /m);
  expect(findInText("stderr", result.stderr, secret)).toEqual([]);
}

it.each([
  ["release", ["release", "app.none"]],
  ["claim", ["claim", "app.none", "--stack", "a/b"]],
  ["pause", ["pause", "app.none"]],
  ["resume", ["resume", "app.none"]],
])("%s of a table that is not registered exits with 1 and names the way to find out", async (_, args) => {
  const there = onDatabase(database, "--management-schema", "books", ...args);
  expectSentence(await there, /^pgpartition: "app\.none" is not in the registry; pgpartition status lists what is\n$/);
  expectSentence(
    await onDatabase(database, ...args),
    /no management schema "pgpartition" of pgpartition exists in .*--management-schema/,
  );
});

it.each([
  [["release", "app."], /"app\." is not a table; write schema\.table/],
  [["release", "a.b.c"], /"a\.b\.c" is not a table; write schema\.table/],
  [["claim", "app.events", "--stack", "prod"], /"prod" is not a stack; write project\/stack/],
  [["claim", "app.events"], /required option '--stack <project\/stack>' not specified/],
  [["release"], /missing required argument 'table'/],
  [["explode"], /unknown command 'explode'/],
  [["status", "--force"], /unknown option '--force'/],
])("%j exits with 1 and says what is wrong", async (args, expected) => {
  expectSentence(await onDatabase(database, ...args), expected);
});

it("prints help and version without a database", async () => {
  expect(await pgpartition(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  const { code, stdout } = await pgpartition(["--help"]);
  expect(code).toBe(0);
  for (const verb of ["status", "release", "claim", "pause", "resume"])
    expect(stdout).toMatch(new RegExp(`^ {2}${verb} `, "m"));
});

it.each<[string, () => string, RegExp]>([
  ["a server that is not there", () => "127.0.0.1:9/none", /127\.0\.0\.1:9/],
  ["a host that has no address", () => "no-such-host.invalid/none", /no-such-host\.invalid/],
  ["a database that is not there", () => `${database.host}:${String(database.port)}/none_such`, /none_such/],
])("%s: exit code 1, a sentence with the target, and no password", async (_, at, expected) => {
  expectSentence(await pgpartition(["status"], withSecret(at())), expected);
});

it("a wrong password: exit code 1, the role is named, the password is not", async () => {
  const wrong = { env: { DATABASE_URL: `postgresql://${role}:${encodeURIComponent(`${secret}-wrong`)}@${address()}` } };
  expectSentence(await pgpartition(["status"], wrong), new RegExp(role));
});

it("a URL that cannot be read is not printed", async () => {
  expectSentence(
    await pgpartition(["status"], { env: { DATABASE_URL: `postgresql://${role}:${secret}#@:x/y` } }),
    /^pgpartition: /,
  );
});

it("no password shows in ps while it works", async () => {
  let found: string[] = [];
  const looking = { ...withSecret(), started: () => undefined };
  const run = pgpartition(["status"], looking);
  const timer = setInterval(() => (found = [...found, ...findInCommandLines(secret)]), 20);
  const result = await run;
  clearInterval(timer);
  expect(found).toEqual([]);
  expect(findInText("output", result.stdout + result.stderr, secret)).toEqual([]);
});
