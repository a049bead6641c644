// A whole table that leaves the program: the engine asks about no delete, so preview has to know from the registry.
import { expect, test } from "vitest";
import { withDatabase } from "../support/database";
import { eventsTable } from "../support/harness/fixture";
import { withEngine } from "./support";

const database = withDatabase();
const engine = withEngine(database);

const asOf = "2025-03-10T00:00:00Z";
const stays = eventsTable({ indexes: {} });
const leaves = eventsTable({ table: "old", indexes: {} });

test("preview says that the update will refuse it and what it holds, and the update does", async () => {
  await database.query("create schema app");
  engine.declare({ tables: { stays, leaves }, asOf });
  const first = await engine.pulumi(["preview"]);
  expect(first.stdout).not.toContain("leaves the program");
  await engine.pulumi(["up", "--yes", "--skip-preview"]);
  await database.query("insert into app.old select n, '2025-03-05' from generate_series(1, 500) n; analyze app.old");
  engine.declare({ tables: { stays }, asOf });
  const { stdout } = await engine.pulumi(["preview"]);
  expect(stdout).toMatch(
    /warning: table "app\.old" leaves the program, and the update will refuse that: table "app\.old" is not destroyed: it holds ~\d+ rows .* in 3 partitions/,
  );
  const refused = await engine.refused(["up", "--yes", "--skip-preview"]);
  expect(refused.stdout).toContain('table "app.old" is not destroyed: it holds');
});

test("where allowDestroy names it, preview lists what is lost before everything else", async () => {
  engine.declare({ tables: { stays }, asOf, more: { allowDestroy: ["app.old"] } });
  const { stdout } = await engine.pulumi(["preview"]);
  expect(stdout).toMatch(
    /pulumi:pulumi:Stack \(\S+\):\n +app\.old is destroyed \(allowDestroy names it\): it holds .* in 3 partitions\n +drop old_p2025_02 .*\n +drop old_p2025_03 ~\d+ rows, \d+ kB: the table leaves the program\n +drop old_p2025_04 /,
  );
  await engine.pulumi(["up", "--yes", "--skip-preview"]);
  expect(await database.query("select relname from pg_class where relname like 'old%'")).toEqual([]);
  const after = await engine.pulumi(["preview", "--expect-no-changes"]);
  expect(after.stdout).not.toContain("app.old");
});

test("a conversion that leaves before its swap: preview says what was copied and is dropped, and the table stays", async () => {
  await database.query(`
    create table app.plain (id bigint primary key, at timestamptz not null);
    insert into app.plain select n, timestamptz '2025-03-01' + n * interval '1 minute' from generate_series(1, 700) n`);
  const { columns: _its, primaryKey: _key, ...converted } = eventsTable({ table: "plain", indexes: {} });
  const plain = { ...converted, convertFrom: { strategy: "copy", until: "verify" } } as const;
  engine.declare({ tables: { stays, plain }, asOf });
  await engine.pulumi(["up", "--yes", "--skip-preview"]);
  expect((await engine.pulumi(["preview"])).stdout).not.toContain("given up");
  engine.declare({ tables: { stays }, asOf });
  const { stdout } = await engine.pulumi(["preview"]);
  expect(stdout).toMatch(
    /the conversion of app\.plain is given up: it leaves the program\. Its copy app\.plain_copy, for which 700 rows were copied, is dropped; the table stays as it is\n(.*\n)* +DROP TABLE IF EXISTS "app"\."plain_copy"/,
  );
  await engine.pulumi(["up", "--yes", "--skip-preview"]);
  expect(
    await database.query("select relname from pg_class where relname ~ '^plain' and relkind in ('r', 'p')"),
  ).toEqual([{ relname: "plain" }]);
  expect(await database.query("select count(*)::int as rows from app.plain")).toEqual([{ rows: 700 }]);
  await engine.pulumi(["preview", "--expect-no-changes"]);
});
