import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { administer, anyVersion, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { Deployment } from "../support/harness/deployment";
import { eventsTable, left, program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";

const role = `publisher_${String(process.pid)}`;

const asOf = "2025-03-10T00:00:00Z";
const small: Partial<TableSpecArgs> = { window: { lead: "1 day", retention: "1 month" }, indexes: {} };
const at = (publications: TableSpecArgs["publications"], changes: Partial<TableSpecArgs> = {}) =>
  program(asOf, { ...small, ...(publications === undefined ? {} : { publications }), ...changes });

describe.each(anyVersion())("PostgreSQL %s, a publication", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeAll(() => administer(database, (admin) => admin.query(`create role ${role} login password 'pw'`)));
  afterAll(async () => {
    await database.query(`drop owned by ${role} cascade`);
    await administer(database, (admin) => admin.query(`drop role ${role}`));
  });

  const publications = async () =>
    (await left(database)).dump.split("\n").filter((line) => line.startsWith("publication "));
  const good = async (declared: Program) => expect((await up(database, deployment, declared)).error).toBeUndefined();

  it("that was created here goes with its last table, and not before", async () => {
    const two = (first: TableSpecArgs["publications"], second: TableSpecArgs["publications"]): Program => ({
      asOf,
      tables: {
        events: eventsTable({ ...small, ...(first ? { publications: first } : {}) }),
        others: eventsTable({ ...small, table: "others", ...(second ? { publications: second } : {}) }),
      },
    });
    const made = { warehouse: { create: true } } as const;
    await good(two(made, made));
    expect((await publications()).join()).toContain("tables=app.events, app.others");
    // The second table's membership knows that the publication is ours, though the first one's made it.
    await good(two(undefined, made));
    expect((await publications()).join()).toContain("tables=app.others");
    await good(two(undefined, undefined));
    expect(await publications()).toEqual([]);
  });

  it("of another role remains when its last table leaves, also one created again under the managed name", async () => {
    await database.query("create publication theirs");
    await good(at({ theirs: true, ours: { create: true } }));
    await database.query("drop publication ours; create publication ours for table app.events");
    await good(at({}));
    expect((await publications()).map((line) => line.split(" owner")[0])).toEqual([
      "publication ours",
      "publication theirs",
    ]);
  });

  it("has its settings changed where it was created here, and only then", async () => {
    await good(at({ ours: { create: true, viaRoot: false } }));
    await good(at({ ours: { create: { publish: ["insert"] }, viaRoot: true, where: "note = 'x'" } }));
    expect((await publications()).join()).toMatch(/root=t tfff tables=app.events where/);
    await good(at({ ours: { create: true, viaRoot: false } }));
    expect((await publications()).join()).toMatch(/root=f tttt tables=app.events$/);

    await database.query("create publication theirs");
    const refused = await preview(database, deployment, at({ theirs: { viaRoot: true } }));
    expect(refused.error).toContain('publish_via_partition_root of publication "theirs" is false');
    expect(refused.error).toContain('ALTER PUBLICATION "theirs" SET (publish_via_partition_root = true)');
    const filtered = await preview(database, deployment, at({ theirs: { where: "id > 1" } }));
    expect(filtered.error).toContain("where: a row filter of a partitioned table needs publish_via_partition_root");
    expect((await publications()).join()).toContain(`theirs owner=${database.user} all=f root=f tttt tables=`);
  });

  it("is explained in preview: the names that subscribers see, and what a stream does not know", async () => {
    await database.query("create publication partition_names");
    const declared = at({ partition_names: true }, { rowSecurity: { partitionAccess: "mirror" } });
    const shown = (await preview(database, deployment, declared)).messages.join("\n");
    expect(shown).toContain(
      "publish_via_partition_root is false: subscribers see each row under the name of its partition, and every partition, also one created later, is published by itself",
    );
    expect(shown).toContain("row-level security does not apply to a stream");
  });

  it.each([
    ["all tables", "for all tables"],
    ["all tables of the schema", "for tables in schema app"],
  ])("of %s has the table without a statement, reports that, and allows no filter", async (_, clause) => {
    await database.query(`create publication whole ${clause}`);
    const shown = await preview(database, deployment, at(["whole"]));
    expect(shown.messages.join("\n")).toMatch(
      /"whole" publishes all tables.*: app.events is in it without a statement/,
    );
    await good(at(["whole"]));
    expect((await publications()).join()).toMatch(/ tables=$/);
    expect((await up(database, deployment, at(["whole"]))).steps).toEqual([]);
    const refused = await preview(database, deployment, at({ whole: { where: "id > 1" } }));
    expect(refused.error).toContain("neither a row filter nor a column list could hold");
    await good(at(undefined));
    expect(await publications()).toHaveLength(1);
  });

  it("of another role: refused already in preview with the statement to run, and it works once that ran", async () => {
    // The role has no right in a management schema that it did not make.
    await database.query("drop schema pgpartition cascade");
    await database.query("create publication postgres_owns; alter publication postgres_owns owner to postgres");
    await database.query(`grant create on database ${database.database} to ${role}; alter schema app owner to ${role}`);
    const asRole = { url: database.url.replace(/\/\/[^@]*@/, `//${role}:pw@`) };
    for (const run of [
      await preview(asRole, deployment, at(["postgres_owns"])),
      await up(asRole, deployment, at(["postgres_owns"])),
    ]) {
      expect(run.error).toContain(
        `role "${role}" may not change publication "postgres_owns", which belongs to "postgres"`,
      );
    }
    const statement = `ALTER PUBLICATION "postgres_owns" OWNER TO "${role}"`;
    expect((await preview(asRole, deployment, at(["postgres_owns"]))).error).toContain(statement);
    await database.query(statement);
    expect((await up(asRole, deployment, at(["postgres_owns"]))).error).toBeUndefined();
    // Adopted without a right where nothing has to change.
    await database.query("alter publication postgres_owns owner to postgres");
    expect((await up(asRole, new Deployment(), at(["postgres_owns"]))).error).toBeUndefined();
    await database.query(`revoke create on database ${database.database} from ${role}`);
    const missing = await preview(asRole, deployment, at({ mine: { create: true } }));
    expect(missing.error).toContain(`GRANT CREATE ON DATABASE "${database.database}" TO "${role}"`);
  });

  it("is not given a filter or columns that would make PostgreSQL refuse the table's writers", async () => {
    await good(at(undefined));
    await database.query("insert into app.events values (1, '2025-03-02', 'x')");
    const filter = at({ ours: { create: true, where: "note = 'x'" } });
    expect((await preview(database, deployment, filter)).messages.join("\n")).toContain(
      'its row filter reads "note", which does not identify a row (that are "id", "at")',
    );
    const refused = await up(database, deployment, filter);
    expect(refused.error).toContain(
      "PostgreSQL would refuse every UPDATE and DELETE of the table: nothing was changed",
    );
    expect(await publications()).toEqual([]);
    expect(await database.query("update app.events set note = 'y'")).toEqual([]);
    await good(at({ ours: { create: true, where: "id > 1 and at > '2025-01-01'" } }));
    await database.query("update app.events set note = 'z'");
    const columns = await preview(database, deployment, at({ ours: { create: true, columns: ["id", "note"] } }));
    expect(columns.error).toContain('the column list lacks "at", which identifies a row');
  });

  it("with updates warns of a table in which nothing identifies a row", async () => {
    await database.query("create publication all_changes; create publication inserts with (publish = 'insert')");
    const { primaryKey: _, ...keyless } = eventsTable({ ...small, publications: ["all_changes", "inserts"] });
    const { messages } = await preview(database, deployment, { asOf, tables: { events: keyless } });
    const warned = messages.filter((message) => message.includes("nothing identifies a row"));
    expect(warned).toHaveLength(1);
    expect(warned[0]).toContain('publication "all_changes" of app.events: it sends UPDATE and DELETE');
    expect(warned[0]).toContain("PostgreSQL refuses every UPDATE and DELETE of the table");
  });

  it("that Supabase Realtime reads warns of closed partitions, in every update, and not of mirrored ones", async () => {
    await database.query("create publication supabase_realtime");
    const warned = async (partitionAccess: "closed" | "mirror") =>
      (
        await up(
          database,
          deployment,
          at(["supabase_realtime"], { rowSecurity: { partitionAccess }, grants: { [role]: ["select"] } }),
        )
      ).messages.filter((message) => message.includes("Supabase Realtime checks each change"));
    expect(await warned("closed")).toHaveLength(1);
    expect(await warned("closed")).toHaveLength(1);
    expect(await warned("mirror")).toEqual([]);
    await database.query("alter publication supabase_realtime set (publish_via_partition_root = true)");
    const { messages } = await up(database, deployment, at(["supabase_realtime"]));
    expect(messages.join("\n")).toContain("the publication lists the table alone");
  });
});
