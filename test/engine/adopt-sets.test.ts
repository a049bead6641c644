import { describe, expect, test } from "vitest";
import { evaluate } from "../cli/printed-program";
import { onDatabase, withinOneHour } from "../cli/support";
import { testVersions, withDatabase } from "../support/database";
import { withEngine } from "./support";

const DAY = 86_400_000;
const now = Date.now();

/** One table, cut from a moment on, by the text of its bounds. */
function setOf(table: string, type: string, length: number, count: number, bound: (time: number) => string): string {
  const start = Math.floor(now / length) * length - length * Math.floor(count / 2);
  const parts = Array.from({ length: count }, (_, index) => {
    const from = start + length * index;
    const name = `${table}_${new Date(from).toISOString().slice(0, 13).replaceAll(/\D/g, "")}`;
    return `create table public.${name} partition of public.${table} for values from ('${bound(from)}') to ('${bound(from + length)}');`;
  });
  return `create table public.${table} (id bigint not null, at ${type} not null) partition by range (at); ${parts.join("\n")}`;
}

const uuid = (time: number) => {
  const hex = time.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
};

describe.each(testVersions().slice(-1))("adopted sets on PostgreSQL %i", (version) => {
  const database = withDatabase(version);
  const engine = withEngine(database);

  test(`${version}: the printed programs of milliseconds in weeks and of days of UUIDv7 adopt without a new partition`, async () => {
    await database.query(setOf("clicks", "bigint", 7 * DAY, 6, String));
    await database.query(setOf("ids", "uuid", DAY, 8, uuid));
    const { result: runs, asOf } = await withinOneHour(database, () =>
      Promise.all(["clicks", "ids"].map((table) => onDatabase(database, "adopt", `public.${table}`))),
    );
    const programs = runs.map(({ code, stderr, stdout }) => {
      expect(code, stderr).toBe(0);
      return evaluate(stdout.slice(0, stdout.search(/\n\/\/ \S+\.(?:import\.json|retire\.sql)\n/)));
    });
    const tables = Object.fromEntries(programs.map(({ name, args }) => [name, args]));
    engine.declare({ tables, asOf });
    const count = () =>
      database.query(
        "select count(*)::int as parts from pg_inherits i join pg_class c on c.oid = i.inhrelid where c.relkind = 'r'",
      );
    const before = await count();
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    expect(await count()).toEqual(before);
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
  }, 240_000);
});
