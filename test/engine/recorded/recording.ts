// A state of the stack as a version left it, and the statements by which that version built its database. They are replayed instead of
// a dump, because registry and ledger refer to objects by oid: most statements look up their own.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { ownRole, type TestDatabase } from "../../support/database";

/** Values that differ from run to run, by the names of their placeholders: `{host}`. */
type Places = Readonly<Record<string, string>>;

/** The salt of the secrets, which are written in plain text, then one resource in each line. */
const STATE = "state.jsonl";
/** A JSON list of statements, compressed: a megabyte, most of it prepared for the schedule. */
const STATEMENTS = "database.json.br.base64";

export async function placesOf(database: TestDatabase, archives: string): Promise<Places> {
  const [row] = await database.query<{ system: string; oid: string }>(
    "select (select system_identifier::text from pg_control_system()) as system, oid::text from pg_database where datname = current_database()",
  );
  const { host, port, user, password } = database;
  // The longest and most particular first: a value may be part of another one.
  return {
    password,
    archives,
    systemIdentifier: row?.system ?? "",
    database: database.database,
    user,
    host,
    port: String(port),
    databaseOid: row?.oid ?? "",
    component: "urn:pulumi:test::faults::pgpartition:index:PartitionedDatabase",
  };
}

export function writeRecording(version: string, places: Places, exported: string, statements: readonly string[]): void {
  const text = withoutPlaces(JSON.stringify(statements), places);
  const window = { params: { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS } };
  write(version, STATEMENTS, `${brotliCompressSync(text, window).toString("base64")}\n`);
  write(version, STATE, stateLines(exported, places));
}

/** Replays the statements as the role of the program. */
export async function replay(version: string, database: TestDatabase, places: Places): Promise<void> {
  const text = brotliDecompressSync(Buffer.from(read(version, STATEMENTS), "base64")).toString("utf8");
  const client = await database.connect({ ...ownRole(database), application_name: "replay" });
  try {
    for (const statement of JSON.parse(withPlaces(text, places)) as readonly string[]) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A file for `pulumi stack import`. */
export function readState(version: string, places: Places): string {
  const [secrets_providers, ...resources] = read(version, STATE)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(withPlaces(line, places)) as unknown);
  const manifest = { time: "0001-01-01T00:00:00Z" };
  return JSON.stringify({ version: 3, deployment: { manifest, secrets_providers, resources } });
}

interface Exported {
  readonly deployment: {
    readonly secrets_providers: unknown;
    readonly resources: readonly Readonly<Record<string, unknown>>[];
  };
}

/** Leaves out what the engine writes for people: times, and places in the source. */
function stateLines(exported: string, places: Places): string {
  const { secrets_providers, resources } = (JSON.parse(exported) as Exported).deployment;
  const kept = resources.map(
    ({ created: _created, modified: _modified, sourcePosition: _position, stackTrace: _trace, ...rest }) => rest,
  );
  return [secrets_providers, ...kept].map((line) => `${withoutPlaces(JSON.stringify(line), places)}\n`).join("");
}

function withoutPlaces(text: string, places: Places): string {
  return Object.entries(places).reduce(
    (result, [name, value]) => result.replaceAll(new RegExp(`(?<![\\w{])${escape(value)}(?![\\w}])`, "g"), `{${name}}`),
    text,
  );
}

function withPlaces(text: string, places: Places): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => places[name] ?? placeholder);
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function read(version: string, name: string): string {
  return readFileSync(join(__dirname, version, name), "utf8");
}

function write(version: string, name: string, text: string): void {
  mkdirSync(join(__dirname, version), { recursive: true });
  writeFileSync(join(__dirname, version, name), text);
}
