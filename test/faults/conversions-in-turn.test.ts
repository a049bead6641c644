// Two tables of one program that are converted by one update.
import { expect, it } from "vitest";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { withDatabase } from "../support/database";
import { configOf } from "../support/harness/fixture";
import { resourcesOf } from "../support/harness/declare";
import { startPlugin } from "../support/harness/plugin";
import { up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";

const database = withDatabase();
const deployment = withDeployment(database);

it("one waits for the other, and says for which; both are done", async () => {
  expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
  for (const table of ["a", "b"])
    await database.query(
      `create table app.${table} (id bigint primary key, at timestamptz not null); insert into app.${table} select n, timestamptz '2025-01-01 00:00+00' + n * interval '1 hour' from generate_series(1, 500) n`,
    );
  const kinds = () =>
    database.query(
      "select relname, relkind as kind from pg_class where oid in ('app.a'::regclass, 'app.b'::regclass) order by 1",
    );
  const convert = (table: string, strategy: "copy" | "offline") =>
    resourcesOf(conversionProgram({ table, convertFrom: { strategy } })).filter(({ type }) => type === "Conversion");
  const declared = [...convert("a", "copy"), ...convert("b", "offline")];

  const stop = stopAt("after copying blocks of app.a");
  const plugin = await startPlugin({ config: { ...configOf(database), asOf: NO_TABLE.asOf }, env: stop.env });
  const create = async ({ type, inputs }: (typeof declared)[number], name: string): Promise<unknown> => {
    const urn = deployment.urn(type, name);
    const checked = await plugin.check(urn, undefined, inputs);
    expect(checked.failures).toEqual([]);
    return plugin.create(urn, checked.inputs);
  };
  const [first, second] = declared;
  if (!first || !second) throw new Error("both are declared");
  const one = create(first, "a");
  await stop.reached();
  const other = create(second, "b");
  await until(() => plugin.messages.includes("conversion of app.b: waits for the conversion of app.a"));
  // Its writers do not wait yet.
  await database.query("insert into app.b values (9000, '2025-02-02')");
  expect(await kinds()).toEqual([
    { relname: "a", kind: "r" },
    { relname: "b", kind: "r" },
  ]);
  stop.goOn();
  await one;
  await other;
  expect(await kinds()).toEqual([
    { relname: "a", kind: "p" },
    { relname: "b", kind: "p" },
  ]);
  expect(await database.query("select count(*)::int as n from app.b")).toEqual([{ n: 501 }]);
  await plugin.stop();
});
