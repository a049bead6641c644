import { beforeEach, describe, expect, it } from "vitest";
import { testVersions, withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { ddlOf, partitions } from "./support";

const declared = {
  columns: {
    id: "bigint",
    at: "timestamptz",
    note: { type: "text", nullable: true },
    author: { type: "bigint", nullable: true },
  },
  foreignKeys: {
    events_author: {
      columns: ["author"],
      references: { schema: "app", table: "users", columns: ["id"] },
      onDelete: "cascade",
    },
  },
} as const;
const at = (asOf: string, retention: `${number} months` = "2 months") =>
  program(asOf, { ...declared, window: { lead: "1 month", retention } });

describe.each(testVersions())("PostgreSQL %s, foreign keys", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    await database.query("create table app.users (id bigint primary key); insert into app.users values (1), (2)");
  });

  /** `events_p2025_03 1 t`: how many a partition has, and whether all are valid and the parent's. */
  async function keys(): Promise<string[]> {
    const rows = await database.query<{ line: string }>(
      `select format('%s %s %s', c.relname, count(k.oid), bool_and(k.convalidated and k.conparentid <> 0)) as line
       from pg_inherits i join pg_class c on c.oid = i.inhrelid
       left join pg_constraint k on k.conrelid = c.oid and k.contype = 'f'
       where i.inhparent = 'app.events'::regclass group by c.relname order by 1`,
    );
    return rows.map(({ line }) => line);
  }

  it("come by ATTACH on the empty partition: one for each, valid, and enforced", async () => {
    let error: string | undefined;
    const sent = await statementsDuring(database, async () => {
      ({ error } = await up(database, deployment, at("2025-03-10T00:00:00Z")));
    });
    expect(error).toBeUndefined();
    expect(await keys()).toEqual([
      "events_p2025_01 1 t",
      "events_p2025_02 1 t",
      "events_p2025_03 1 t",
      "events_p2025_04 1 t",
    ]);
    // Written once, for the parent: never on a partition.
    expect(ddlOf(sent).filter((sql) => /foreign key/i.test(sql))).toEqual([
      expect.stringMatching(/^CREATE TABLE "app"."events" /),
    ]);
    const insert = (author: number) =>
      database.query("insert into app.events values (1, '2025-03-05', 'x', $1)", [author]);
    await expect(insert(9)).rejects.toThrow(/foreign key/);
    await insert(2);
    await database.query("delete from app.users where id = 2");
    expect(await database.query("select from app.events")).toEqual([]);
    expect((await preview(database, deployment, at("2025-03-10T00:00:00Z"))).steps).toEqual([]);
  });

  it("are still one for each after a partition left with its rows and came back", async () => {
    await up(database, deployment, at("2025-03-10T00:00:00Z"));
    await database.query("insert into app.events values (1, '2025-01-05', 'x', 1)");
    expect((await up(database, deployment, at("2025-04-10T00:00:00Z"))).error).toBeUndefined();
    expect(await partitions(database)).not.toContain("events_p2025_01");
    expect((await up(database, deployment, at("2025-04-10T00:00:00Z", "3 months"))).error).toBeUndefined();
    expect(await keys()).toEqual([1, 2, 3, 4, 5].map((month) => `events_p2025_0${String(month)} 1 t`));
    expect(await database.query("select author from app.events")).toEqual([{ author: "1" }]);
    await database.query("delete from app.users where id = 1");
    expect(await database.query("select from app.events")).toEqual([]);
  });
});
