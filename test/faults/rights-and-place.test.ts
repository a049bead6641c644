import { afterAll, beforeAll, expect, it } from "vitest";
import { administer, testVersions, withDatabase } from "../support/database";
import { requestedPooler } from "../support/servers";
import { Deployment } from "../support/harness/deployment";
import { left, program } from "../support/harness/fixture";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { withFirstDeployment } from "../support/harness/with-deployment";

const database = withDatabase();
const deployment = withFirstDeployment(database);
const other = withDatabase(testVersions()[0] ?? 18);
const role = `app_${String(process.pid)}`;
const asRole = () => ({ url: database.url.replace(/\/\/[^@]*@/, `//${role}:pw@`) });

beforeAll(() => administer(database, (admin) => admin.query(`create role ${role} login password 'pw'`)));
afterAll(async () => {
  await database.query(`drop owned by ${role} cascade`);
  await administer(database, (admin) => admin.query(`drop role ${role}`));
});

const march = program("2025-03-10T00:00:00Z");

it("H11 a role that only owns the schema and may create in the database: everything works without superuser", async () => {
  await database.query(`grant create on database ${database.database} to ${role}; alter schema app owner to ${role}`);
  for (const run of [
    await up(asRole(), deployment, march),
    await up(asRole(), deployment, program("2025-04-10T00:00:00Z")),
  ]) {
    expect(run.error).toBeUndefined();
  }
  expect((await preview(asRole(), deployment, program("2025-04-10T00:00:00Z"))).steps).toEqual([]);
  await database.query(`revoke create on database ${database.database} from ${role}`);
});

it("H11 a role that does not own the table: refused already in preview with the list of what is missing, nothing changed", async () => {
  await up(database, deployment, march);
  await database.query(`grant usage on schema app to ${role}; grant usage on schema pgpartition to ${role};
    grant select, insert, update, delete on pgpartition.registry to ${role}; grant select, insert on pgpartition.ledger to ${role};
    grant select on pgpartition.version to ${role}; grant execute on all functions in schema pgpartition to ${role}`);
  const before = (await left(database)).dump;
  const fresh = new Deployment();
  for (const run of [await preview(asRole(), fresh, march), await up(asRole(), fresh, march)]) {
    expect(run.error).toContain(`role "${role}" may not manage "app.events"`);
    expect(run.error).toMatch(
      new RegExp(
        `ALTER TABLE "app"."events" OWNER TO "${role}".*\\(or, where .*: GRANT "${database.user}" TO "${role}"\\)`,
      ),
    );
    expect(run.error).toContain(`GRANT CREATE ON SCHEMA "app" TO "${role}"`);
  }
  expect((await left(database)).dump).toBe(before);
});

/** Runs what a refusal names for an administrator as psql does; what stands in brackets is another way. */
async function runNamed(error: string | undefined): Promise<string[]> {
  const [, named = ""] = /An administrator has to run: ([^\n]*)/.exec(error ?? "") ?? [];
  const statements = named.replace(/ \(or, .*?\)(?=;|$)/, "").split("; ");
  for (const statement of statements) {
    const query = /(SELECT format.*) \\gexec$/.exec(statement)?.[1];
    if (query === undefined) await database.query(statement);
    else for (const { format } of await database.query<{ format: string }>(query)) await database.query(format);
  }
  return statements;
}

it.each([
  ["a superuser", "superuser nocreaterole", false],
  ["a role that may make roles", "createrole nosuperuser", false],
  ["a role that sees every row", "bypassrls nosuperuser", false],
  ["a member of the platform's administrators", "nosuperuser in role rds_superuser", false],
  ["a member of a predefined role of the server", "nosuperuser in role pg_write_all_data", false],
  ["an ordinary role", "nosuperuser", true],
])(
  "H11 a table of %s: what the refusal names is enough, and membership in the owner is offered only where that gives tables alone",
  async (_, attributes, shared) => {
    await up(database, deployment, march);
    await database.query("drop role if exists h11_owner");
    if (attributes.includes("rds_superuser")) await database.query("create role rds_superuser");
    try {
      await database.query(`create role h11_owner ${attributes}; grant usage, create on schema app to h11_owner;
        alter table app.events owner to h11_owner; alter table app.events_p2025_02 owner to h11_owner`);
      await database.query(`grant usage on schema app to ${role}; grant usage on schema pgpartition to ${role};
        grant select, insert, update, delete on all tables in schema pgpartition to ${role};
        grant execute on all routines in schema pgpartition to ${role}`);
      const refused = await preview(asRole(), new Deployment(), march);
      expect(refused.error).toContain(`may not manage "app.events"`);
      expect(refused.error?.includes(`GRANT "h11_owner" TO`)).toBe(shared);
      const statements = await runNamed(refused.error);
      expect(statements.join("; ")).not.toMatch(/GRANT "h11_owner"/);
      expect(statements).toContain(`ALTER TABLE "app"."events" OWNER TO "${role}"`);
      expect((await preview(asRole(), deployment, march)).error).toBeUndefined();
      expect((await up(asRole(), deployment, program("2025-04-10T00:00:00Z"))).error).toBeUndefined();
    } finally {
      await database.query("drop owned by h11_owner; drop role h11_owner; drop role if exists rds_superuser");
    }
  },
);

it("H11 a role that may not create the management schema: refused with the statement that an administrator has to run", async () => {
  const run = await up(asRole(), deployment, march);
  expect(run.error).toContain(`CREATE SCHEMA "pgpartition" AUTHORIZATION "${role}"`);
});

type Wrong = [string, (url: string) => string, RegExp];
const wrongDatabase: Wrong = [
  "database",
  (url) => url.replace(/\/[^/]*$/, "/nowhere"),
  /database "nowhere" does not exist/,
];
it.each<Wrong>([
  ["password", (url) => url.replace(/:[^:@]*@/, ":wrong@"), /authentication|password/i],
  ["user", (url) => url.replace(/\/\/[^:]*:/, "//nobody_here:"), /authentication|role|no such user/i],
  // PgBouncer tries again and again to reach it, and answers nothing: to us the database is away, as in J04.
  ...(requestedPooler() === "none" ? [wrongDatabase] : []),
])("a wrong %s is one clear error with where it went, in preview too", async (_, change, expected) => {
  const url = change(database.url);
  const run = await preview({ url }, deployment, march);
  expect(run.error).toMatch(expected);
  expect(run.error).toContain(`${database.host}:${String(database.port)}`);
});

it("J04 a wrong host: preview and up fail with the address and what to check, and nothing is shown or changed", async () => {
  await up(database, deployment, march);
  const away = { url: database.url.replace(/@[^/]*\//, "@127.0.0.1:1/") };
  const april = program("2025-04-10T00:00:00Z");
  const shown = await preview(away, deployment, april);
  expect(shown.error).toMatch(/127\.0\.0\.1:1\b.*Check host and port/s);
  const run = await up(away, deployment, april);
  expect(run.error).toContain("127.0.0.1:1");
  expect((await left(database)).dump).toMatch(/relation app.events_p2025_02 .*parent=app.events/);
});

it("another cluster behind the same settings: refused before anything is changed, with both databases named", async () => {
  await up(database, deployment, march);
  await other.query("create schema if not exists app");
  const april = program("2025-04-10T00:00:00Z");
  for (const run of [await preview(other, deployment, april), await up(other, deployment, april)]) {
    expect(run.error).toContain(`this stack was applied to database "${database.database}"`);
    expect(run.error).toContain(`"${other.database}"`);
  }
  expect(await other.query("select from pg_namespace where nspname = 'pgpartition'")).toEqual([]);
  expect(
    await other.query("select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'app'"),
  ).toEqual([]);
});

it("a foreign schema with the management schema's name is refused, in preview too, and left alone", async () => {
  await database.query("create schema pgpartition; create table pgpartition.mine (id int)");
  for (const run of [await preview(database, deployment, march), await up(database, deployment, march)]) {
    expect(run.error).toMatch(/schema "pgpartition" exists and is not managed by pgpartition/);
  }
  expect(await database.query("select count(*)::int as n from pg_tables where schemaname = 'pgpartition'")).toEqual([
    { n: 1 },
  ]);
});

it("an empty schema of that name, created by an administrator for a role without rights on the database, is used", async () => {
  await database.query(`create schema pgpartition authorization ${role}; alter schema app owner to ${role}`);
  expect((await up(asRole(), deployment, march)).error).toBeUndefined();
  const { result } = await withPlugin(asRole(), march, (plugin) => deployment.preview(plugin, march));
  expect(result).toEqual([]);
});
