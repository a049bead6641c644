import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { administer, testVersions, withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withFirstDeployment } from "../support/harness/with-deployment";
import { itAlike } from "../support/sample";

const bare = { indexes: {}, window: { lead: "1 month", retention: "1 month" } } as const;
const march = program("2025-03-10T00:00:00Z", bare);
const april = program("2025-04-10T00:00:00Z", bare);

describe.each(testVersions())("PostgreSQL %s, the owner of partitions", (version) => {
  const database = withDatabase(version);
  const deployment = withFirstDeployment(database);
  const of = (what: string) => `${what}_${String(version)}_${String(process.pid)}`;
  const [owner, deployer, stranger] = [of("owner"), of("deployer"), of("stranger")];
  const asDeployer = { url: "" };

  beforeAll(async () => {
    asDeployer.url = database.url.replace(/\/\/[^@]*@/, `//${deployer}:pw@`);
    await administer(database, (admin) =>
      admin.query(
        `create role ${owner}; create role ${stranger}; create role ${deployer} login password 'pw' in role ${owner}`,
      ),
    );
  });
  beforeEach(async () => {
    await database.query(`
      grant create on database ${database.database} to ${deployer};
      grant usage, create on schema app to ${owner}, ${deployer};
      create table app.events (id bigint, at timestamptz, note text, primary key (id, at)) partition by range (at);
      alter table app.events owner to ${owner}`);
  });
  afterAll(async () => {
    for (const role of [owner, deployer, stranger]) await database.query(`drop owned by ${role} cascade`);
    await administer(database, (admin) =>
      admin.query(`drop role ${owner}; drop role ${stranger}; drop role ${deployer}`),
    );
  });

  const owners = async (): Promise<string[]> => {
    const rows = await database.query<{ name: string }>(
      `select distinct c.relowner::regrole::text as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = 'app.events'::regclass order by 1`,
    );
    return rows.map(({ name }) => name);
  };

  it("a member of the owning role creates partitions: they belong to the owner of the table from the first run on", async () => {
    expect((await up(asDeployer, deployment, march)).error).toBeUndefined();
    expect(await owners()).toEqual([owner]);
    expect((await preview(asDeployer, deployment, march)).steps).toEqual([]);
    expect((await up(asDeployer, deployment, april)).error).toBeUndefined();
    expect(await owners()).toEqual([owner]);
    expect((await preview(asDeployer, deployment, april)).steps).toEqual([]);
  });

  itAlike(version)(
    "an owner who may have nothing in the schema: refused already in preview, with the GRANT that helps",
    async () => {
      await database.query(`revoke create on schema app from ${owner}`);
      for (const run of [await preview(asDeployer, deployment, march), await up(asDeployer, deployment, march)])
        expect(run.error).toContain(`GRANT CREATE ON SCHEMA "app" TO "${owner}"`);
      expect(await owners()).toEqual([]);
    },
  );

  itAlike(version)(
    "a partition of another role keeps its owner, a new one is created as the newest, and preview names those that differ",
    async () => {
      await up(asDeployer, deployment, march);
      await database.query(`grant ${stranger} to ${deployer}; grant create on schema app to ${stranger};
      alter table app.events_p2025_03 owner to ${stranger}`);
      const shown = await preview(asDeployer, deployment, april);
      expect(shown.messages.join("\n")).toContain(
        `partitions differ in owner, which is not declared: "${owner}" on "events_p2025_02", "events_p2025_04"; "${stranger}" on "events_p2025_03". Each is left as it is, and a new one is created as "events_p2025_04"`,
      );
      expect((await up(asDeployer, deployment, april)).error).toBeUndefined();
      expect(await ownerOf("events_p2025_03")).toBe(stranger);
      expect(await ownerOf("events_p2025_05")).toBe(owner);
      expect((await preview(asDeployer, deployment, april)).steps).toEqual([]);
      // The newest one's: where that role may have tables in the schema, else that of the table.
      await database.query(`alter table app.events_p2025_05 owner to ${stranger}`);
      expect((await up(asDeployer, deployment, program("2025-05-10T00:00:00Z", bare))).error).toBeUndefined();
      expect(await ownerOf("events_p2025_06")).toBe(stranger);
      await database.query(`revoke create on schema app from ${stranger}`);
      expect((await up(asDeployer, deployment, program("2025-06-10T00:00:00Z", bare))).error).toBeUndefined();
      expect(await ownerOf("events_p2025_07")).toBe(owner);
      await database.query(`revoke ${stranger} from ${deployer}`);
    },
  );

  const ownerOf = async (name: string): Promise<string | undefined> => {
    const [row] = await database.query<{ owner: string }>(
      "select relowner::regrole::text as owner from pg_class where oid = $1::regclass",
      [`app.${name}`],
    );
    return row?.owner;
  };

  it("where it may not, the statement for an administrator is named, in preview too, and everything else is done", async () => {
    await up(asDeployer, deployment, march);
    await database.query(`alter table app.events_p2025_03 owner to ${stranger}`);
    const grant = `An administrator has to run: ALTER TABLE "app"."events_p2025_03" OWNER TO "${owner}"`;
    const shown = await preview(asDeployer, deployment, april);
    expect(shown.error).toBeUndefined();
    expect(shown.messages.join("\n")).toContain(grant);
    const run = await up(asDeployer, deployment, april);
    expect(run.error).toContain(grant);
    const partitions = await database.query<{ name: string }>(
      "select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'app.events'::regclass order by 1",
    );
    expect(partitions.map(({ name }) => name)).toEqual(["events_p2025_03", "events_p2025_04", "events_p2025_05"]);
    await database.query(`alter table app.events_p2025_03 owner to ${owner}`);
    expect((await up(asDeployer, deployment, april)).error).toBeUndefined();
    expect((await preview(asDeployer, deployment, april)).steps).toEqual([]);
  });
});
