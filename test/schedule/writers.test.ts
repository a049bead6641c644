import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Client } from "pg";
import { administer, testVersions, withDatabase } from "../support/database";
import { Deployment } from "../support/harness/deployment";
import { reset } from "../support/harness/fixture";
import { makeSources, petriProgram, tree } from "../support/harness/petri";
import { until } from "../support/harness/until";
import { apply, column, failure, DAY, outcomes } from "./support";

describe.each(testVersions())("PostgreSQL %s, a writer of a table of values", (version) => {
  const database = withDatabase(version);
  const role = `writer_${randomBytes(4).toString("hex")}`;
  const program = petriProgram(
    DAY,
    { window: { lead: "1 month", retention: "forever", start: "2025-03-01" } },
    {
      program: { values: { from: "src.pilot_programs", column: "program_id" } },
      site: { values: { from: "src.sites", column: "site_id", parent: "program_id", trigger: true } },
    },
  );
  let count = 0;

  beforeAll(async () => {
    await reset(database, ["app", "src"]);
    await makeSources(database);
    await database.query("alter table app.sites set schema src; alter table app.pilot_programs set schema src");
    await apply(database, new Deployment(), program);
    await database.query(
      `create role ${role} login password 'p'; grant usage on schema src to ${role}; grant select, insert on src.sites, src.pilot_programs to ${role}`,
    );
  });
  afterAll(async () => {
    await database.query(`drop owned by ${role}`);
    await administer(database, async (admin) => void (await admin.query(`drop role ${role}`)));
  });

  /** Who can do all that the trigger does; the other can write the row, and nothing else. */
  const owner = () => ({ user: database.user, password: database.password });
  const stranger = () => ({ user: role, password: "p" });

  /** Writes one row; what it was told. */
  const write = async (
    login: { user: string; password: string },
    set = "",
    insert = (site: string) => `insert into src.sites values ('${site}', 'abc-123')`,
  ): Promise<{ site: string; said: string[] }> => {
    count += 1;
    const site = `s${count}`;
    const client = await database.connect(login);
    const said: string[] = [];
    client.on("notice", ({ severity, message }) => said.push(`${severity ?? ""}: ${message ?? ""}`));
    try {
      if (set !== "") await client.query(set);
      said.length = 0;
      await client.query(insert(site));
    } finally {
      await client.end();
    }
    expect(await database.query("select from src.sites where site_id = $1", [site])).toHaveLength(1);
    return { site, said };
  };
  const branch = (site: string) => tree(database, `_site_${site}$`);

  it.each([
    ["no right on the partitions' schema and none on ours", "", ""],
    [
      "no right on the partitions' schema",
      `grant usage on schema pgpartition to ${role}`,
      `revoke usage on schema pgpartition from ${role}`,
    ],
    ["no right on ours", `grant usage on schema app to ${role}`, `revoke usage on schema app from ${role}`],
    [
      "both, and may not call our functions",
      `grant usage on schema app, pgpartition to ${role}; revoke execute on all functions in schema pgpartition from public`,
      `revoke usage on schema app, pgpartition from ${role}; grant execute on all functions in schema pgpartition to public`,
    ],
  ])("who has %s writes the row, and is warned once", async (_, before, after) => {
    if (before !== "") await database.query(before);
    try {
      for (const set of [
        "",
        "set row_security = off",
        "set search_path = pg_temp, src",
        "set plpgsql.extra_errors = 'all'",
      ]) {
        const { site, said } = await write(stranger(), set);
        expect(said).toEqual([
          expect.stringMatching(/^WARNING: new branches of table "app"\."petri_obs" are left to the schedule: /),
        ]);
        expect(await branch(site)).toEqual([]);
      }
    } finally {
      if (after !== "") await database.query(after);
    }
    await database.query(`select from pgpartition.ensure_values('app.petri_obs', '${DAY}')`);
  });

  it.each([
    [
      "the table has another name",
      "alter table app.petri_obs rename to away",
      "alter table app.away rename to petri_obs",
    ],
    [
      "the table was released",
      "update pgpartition.registry set mode = 'released'",
      "update pgpartition.registry set mode = 'managed'",
    ],
    [
      "the other source is gone",
      "alter table src.pilot_programs rename to away",
      "alter table src.away rename to pilot_programs",
    ],
    [
      "a function of ours is gone",
      "alter function pgpartition.make_values(regclass, timestamptz, integer) rename to away",
      "alter function pgpartition.away(regclass, timestamptz, integer) rename to make_values",
    ],
    [
      "rows of a source are hidden from who asks with row_security off",
      `alter table src.pilot_programs enable row level security, force row level security; create policy every on src.pilot_programs using (true)`,
      "drop policy every on src.pilot_programs; alter table src.pilot_programs disable row level security, no force row level security",
    ],
    [
      "what listens to DDL fails an assertion",
      "create function app.fail() returns event_trigger language plpgsql as 'begin assert false; end'; create event trigger fail on ddl_command_start when tag in ('ALTER TABLE', 'CREATE TABLE') execute function app.fail()",
      "drop event trigger fail; drop function app.fail()",
    ],
  ])("writes the row where %s, and is warned once", async (_, before, after) => {
    await database.query(before);
    try {
      const { said } = await write(owner(), "set row_security = off");
      expect(said).toEqual([expect.stringMatching(/^WARNING: new branches of table .* are left to the schedule: /)]);
    } finally {
      await database.query(after);
    }
    await database.query(`select from pgpartition.ensure_values('app.petri_obs', '${DAY}')`);
  });

  it("has the branch at once whatever the settings of its session are, and also by a function that is its own", async () => {
    for (const set of [
      "set datestyle = 'German, DMY'; set timezone = 'Asia/Kathmandu'; set statement_timeout = '60s'; set lock_timeout = '1ms'",
      "set search_path = ''; set client_min_messages = error; set standard_conforming_strings = off",
      "begin isolation level repeatable read",
    ]) {
      const { site, said } = await write(
        owner(),
        set,
        (name) => `insert into src.sites values ('${name}', 'abc-123'); commit`,
      );
      expect(said.filter((line) => !line.includes("no transaction"))).toEqual([]);
      expect(await branch(site)).toHaveLength(1);
    }
  });

  it("two in serializable transactions do not cost each other their transaction", async () => {
    const clients = await Promise.all([0, 1].map(() => database.connect(owner())));
    for (const [index, client] of clients.entries())
      await client.query(
        `begin isolation level serializable; insert into src.sites values ('ser${String(index)}', 'abc-123')`,
      );
    for (const client of clients) await client.query("commit");
    for (const client of clients) await client.end();
    expect(await column(database, outcomes)).toHaveLength(2);
  });

  it("as a replica fires nothing, and gets no warning", async () => {
    const { user, password } = database.superuser;
    const { site, said } = await write({ user, password }, "set session_replication_role = replica");
    expect([said, await branch(site)]).toEqual([[], []]);
  });

  describe("while another session holds", () => {
    let other: Client;
    beforeEach(async () => {
      other = await database.connect();
    });
    afterEach(async () => {
      await other.end();
      await database.query(`select from pgpartition.ensure_values('app.petri_obs', '${DAY}')`);
    });
    const ADVISORY = "select pg_advisory_lock(hashtextextended('pgpartition:app.petri_obs', 0))";

    it.each([
      ["the lock of the table", ADVISORY],
      ["the table", "begin; lock table only app.petri_obs_prog_abc123 in share mode"],
      ["a source of values", "begin; lock table src.pilot_programs in access exclusive mode"],
    ])("%s, writes the row within half of its statement_timeout", async (_, hold) => {
      await other.query(hold);
      const { said } = await write(owner(), "set statement_timeout = '3s'");
      expect(said).toEqual([expect.stringMatching(/^WARNING: new branches .* are left to the schedule: /)]);
    });

    it("the lock of the table, a request to cancel its statement is its own, and ends it", async () => {
      await other.query(ADVISORY);
      const client = await database.connect({ ...owner(), application_name: "cancelled" });
      const running = failure(client.query("insert into src.sites values ('cancelled', 'abc-123')"));
      const sleeping =
        "select pid from pg_stat_activity where application_name = 'cancelled' and wait_event = 'PgSleep'";
      await until(async () => (await column(database, sleeping)).length > 0);
      await database.query(`select pg_cancel_backend(pid) from (${sleeping}) s`);
      expect(await running).toContain("57014");
      await client.end();
    });
  });
});
