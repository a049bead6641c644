import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { randomBytes } from "node:crypto";
import { quote, quoteLiteral, quoteQualified } from "../../core/names/identifier";
import { partitions } from "../provider/support";
import { administer, testVersions, withDatabase } from "../support/database";
import { eventsTable, program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment, withFirstDeployment } from "../support/harness/with-deployment";
import { apply, column, failure, scheduleRuns } from "./support";
import { itAlike, firstOn } from "../support/sample";

const window = { lead: "1 month", retention: "1 month" } as const;
const march = program("2025-03-10T00:00:00Z", { window });
const routines = `select p.oid::regprocedure::text as name, p.prosecdef as definer, p.proconfig as config, p.prokind as kind,
    p.proacl::text as acl, p.prosrc as body
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'pgpartition' order by 1`;

const notTables = [
  "app.events; drop table public.canary",
  "app.events'; drop table public.canary; --",
  `"app"."events"; drop table public.canary`,
  "(select 'app.events')",
  "pg_class",
  "public.canary",
  "app.nothing",
  "",
];
/** A syntax error of the name, no such table, or one that is not managed. */
const NO_TABLE = /^(42601|42P01|42602|42704|22023) \| /;

interface Routine {
  readonly name: string;
  readonly definer: boolean;
  readonly config: readonly string[] | null;
  readonly kind: string;
  readonly acl: string;
  readonly body: string;
}

describe.each(testVersions())("PostgreSQL %s, what the functions may not do", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeAll(() => database.query("create table public.canary (alive boolean)"));
  beforeEach(async () => {
    await apply(database, deployment, march);
  });
  afterEach(async () => {
    expect(await column(database, "select to_regclass('public.canary')")).toEqual(["canary"]);
  });

  it("H05 none runs with the rights of its owner, none uses the search path of its caller, none is open to all roles", async () => {
    const all = await database.query<Routine>(routines);
    expect(all.length).toBeGreaterThan(15);
    for (const { name, definer, config, kind, acl } of all) {
      expect(definer, name).toBe(false);
      // A procedure that commits cannot have settings of its own: it only calls what has.
      if (kind === "f") expect(config?.join(), name).toContain("search_path=pg_catalog");
      else expect(name).toBe("pgpartition.ensure_window(regclass,timestamp with time zone)");
      expect(acl, name).not.toMatch(/(\{|,)=X/);
    }
  });

  it("C09 nothing that the schedule runs deletes, detaches or drops, whatever has expired", async () => {
    // What only an update calls: the fence around a table that is archived takes triggers, keys and rights away.
    const ofUpdates = /assert_droppable|\b(un)?fence\b|keep_read_only/;
    for (const { name, body } of await database.query<Routine>(routines)) {
      if (ofUpdates.test(name)) continue;
      expect(body, name).not.toMatch(/\b(drop|delete|truncate|detach)\b/i);
      expect(body, name).not.toMatch(/\b(un)?fence\(/);
    }
    const stored = (await column(database, "select unnest(statements) from pgpartition.prepared")).join("\n");
    expect(stored).toContain("CREATE TABLE");
    expect(stored).not.toMatch(/\b(DROP|DELETE|TRUNCATE|DETACH)\b/);
    const before = await partitions(database);
    for (const month of ["05", "08", "11"]) await scheduleRuns(database, `2025-${month}-10`);
    const after = await partitions(database);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(
      await column(database, "select partition_name from pgpartition.expired('app.events', '2025-11-10')"),
    ).toEqual(expect.arrayContaining(before));
  });

  it("H05 a text in place of a table is refused, whatever it holds", async () => {
    const calls = [
      "ensure_partition",
      "ensure_partitions",
      "expired",
      "partition_stats",
      "partition_sizes",
      "analyze_partitions",
    ];
    for (const text of notTables) {
      const values = quoteLiteral(text);
      for (const name of calls) {
        const args = name === "ensure_partition" ? `${values}, now()` : values;
        expect(await failure(database.query(`select pgpartition.${name}(${args})`)), `${name} ${text}`).toMatch(
          NO_TABLE,
        );
      }
      expect(await failure(database.query(`call pgpartition.ensure_window(${values})`)), text).toMatch(NO_TABLE);
    }
    expect(await failure(database.query("select pgpartition.ensure_partition(null, now())"))).toMatch(NO_TABLE);
  });

  it("H05 a text in place of a time is refused, and so is a time that is none", async () => {
    const ensure = (at: string) => failure(database.query(`select pgpartition.ensure_partition('app.events', ${at})`));
    for (const text of ["now'; drop table public.canary; --", "(select now())", "x", "2025-13-01"])
      for (const type of ["date", "timestamp", "timestamptz"])
        expect(await ensure(`${quoteLiteral(text)}::${type}`)).toMatch(/^(22007|22008|22009) \| /);
    for (const none of ["null::date", "'infinity'::date", "'-infinity'::timestamptz", "null::timestamptz"])
      expect(await ensure(none)).toContain("22023 | the time of a partition is missing");
  });

  itAlike(version)(
    "a table that was released, and one whose time was not prepared, are refused with the fix",
    async () => {
      expect(
        await failure(database.query("select pgpartition.ensure_partition('app.events', date '2031-01-01')")),
      ).toContain("Run pulumi up");
      await database.query("update pgpartition.registry set mode = 'released'");
      expect(await failure(scheduleRuns(database, "2025-05-01"))).toContain("pgpartition claim");
    },
  );

  it.each(
    firstOn(version, [
      `a"; drop table public.canary; --`,
      `Robert'); drop table public.canary; --`,
      "$$",
      "$function$",
      "%s %I :name",
      "new\nline",
    ]),
  )("H01 a table called %j has its partitions, its aliases and its answers", async (name) => {
    await database.query(`create schema ${quote(name)}`);
    const hostile = {
      tables: {
        it: eventsTable({
          schema: name,
          table: name,
          window,
          functionNames: { ensure: `e${name}`, window: `w${name}`, info: `i${name}`, stats: `s${name}` },
        }),
      },
      asOf: march.asOf,
    };
    deployment.state.clear();
    await apply(database, deployment, hostile);
    const relation = quoteLiteral(quoteQualified(name, name));
    await database.query(`call pgpartition.ensure_window(${relation}, '2025-05-10')`);
    await database.query(`select ${quoteQualified(name, `e${name}`)}(date '2025-09-10')`);
    expect(await database.query(`select * from ${quoteQualified(name, `s${name}`)}()`)).toHaveLength(6);
    expect(await database.query(`select * from ${quoteQualified(name, `i${name}`)}`)).toHaveLength(6);
    expect((await preview(database, deployment, hostile)).steps).toEqual([]);
    await database.query(`drop schema ${quote(name)} cascade`);
  });
});

describe.each(testVersions())("PostgreSQL %s, roles", (version) => {
  const database = withDatabase(version);
  const deployment = withFirstDeployment(database);
  const suffix = randomBytes(4).toString("hex");
  const [owner, job, stranger] = [`owner_${suffix}`, `job_${suffix}`, `stranger_${suffix}`];

  beforeAll(async () => {
    for (const role of [owner, job, stranger]) await database.query(`create role ${role} login password 'p'`);
    await database.query(`grant ${owner} to ${job}; grant create on database ${database.database} to ${owner}`);
  });
  afterAll(() =>
    administer(database, async (admin) => {
      // The database of the tests is gone, and with it what the roles owned.
      for (const role of [owner, job, stranger])
        await admin.query(`drop role if exists ${role}`).catch(() => undefined);
    }),
  );

  const as = async (user: string, sql: string): Promise<unknown[]> => {
    const client = await database.connect({ user, password: "p" });
    try {
      return (await client.query<object>(sql)).rows;
    } finally {
      await client.end();
    }
  };

  it("an owner without superuser has everything; a member's partitions belong to the owner; a stranger has nothing", async () => {
    await database.query(`alter schema app owner to ${owner}`);
    const url = database.url.replace(/\/\/[^@]*@/, `//${owner}:p@`);
    const run = await up({ url }, deployment, march);
    expect(run.error).toBeUndefined();
    await as(owner, "call pgpartition.ensure_window('app.events', '2025-05-10')");
    await as(
      owner,
      "select * from pgpartition.runway, pgpartition.partition_info, pgpartition.partition_stats('app.events')",
    );
    await as(owner, "select pgpartition.analyze_partitions('app.events')");

    expect(await failure(as(stranger, "call pgpartition.ensure_window('app.events')"))).toMatch(/^42501/);
    await database.query(`grant usage on schema pgpartition to ${stranger}, ${job};
      grant execute on all routines in schema pgpartition to ${stranger}, ${job};
      grant select on all tables in schema pgpartition to ${stranger}, ${job};
      grant insert on pgpartition.ledger to ${job}`);
    expect(await failure(as(stranger, "call pgpartition.ensure_window('app.events', '2025-07-10')"))).toMatch(/^42501/);
    expect(
      await failure(as(stranger, "update pgpartition.prepared set statements = '{drop table public.canary}'")),
    ).toMatch(/^42501/);

    await as(job, "call pgpartition.ensure_window('app.events', '2025-07-10')");
    await database.query("call pgpartition.ensure_window('app.events', '2025-08-10')");
    const owners = await column(
      database,
      "select distinct pg_get_userbyid(c.relowner) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'app'",
    );
    expect(owners).toEqual([owner]);
    expect((await preview({ url }, deployment, march)).error).toBeUndefined();
    expect(await apply({ url }, deployment, program("2025-03-20T00:00:00Z", { window }))).toEqual([]);
    await database.query("drop schema app cascade; drop schema pgpartition cascade");
    await database.query(`drop owned by ${owner}, ${job}, ${stranger}`);
  });
});
