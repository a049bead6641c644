import { expect, it } from "vitest";
import { withDatabase } from "../support/database";
import { left, program } from "../support/harness/fixture";
import { named, preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";

const database = withDatabase();
const deployment = withDeployment(database);

const window = { lead: "1 month", retention: "2 months" } as const;
const at = (asOf: string, changes: Parameters<typeof program>[1] = {}) => program(asOf, { window, ...changes });

async function partitions(): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    "select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'app.events'::regclass order by 1",
  );
  return rows.map(({ name }) => name.replace("events_p", ""));
}

it("D04 planned a moment before midnight, run a moment after: up does what was planned, the next one rolls", async () => {
  const config = { trustAsOf: "false" };
  const [row] = await database.query<{ before: string; eve: string; now: string; oldest: string; next: string }>(
    `select to_char(m - interval '20 days', f) as before, to_char(m - interval '0.1 s', f) as eve, to_char(t, f) as now,
       to_char(m - interval '3 months', 'YYYY_MM') as oldest, to_char(m + interval '1 month', 'YYYY_MM') as next
     from (select t, date_trunc('month', t) as m, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"' as f
           from (select now() at time zone 'UTC' as t) y) x`,
  );
  if (row === undefined) throw new Error("the database has no clock");
  expect((await up(database, deployment, at(row.before), { config })).error).toBeUndefined();
  const before = await partitions();
  expect((await preview(database, deployment, at(row.eve), { config })).steps).toEqual([]);
  // The database's clock is past midnight here; the program's moment is the one that was previewed.
  expect((await up(database, deployment, at(row.eve), { config })).steps).toEqual([]);
  expect(await partitions()).toEqual(before);
  expect((await up(database, deployment, at(row.now), { config })).error).toBeUndefined();
  expect(await partitions()).toEqual([...before.filter((name) => name !== row.oldest), row.next]);
});

it("D10 retention cut from twelve months to one: refused already in preview, with the bounds that would confirm it", async () => {
  const year = at("2025-12-10T00:00:00Z", { window: { lead: "1 month", retention: "12 months" } });
  expect((await up(database, deployment, year)).error).toBeUndefined();
  const before = (await left(database)).dump;
  const cut = at("2025-12-10T00:00:00Z", { window: { lead: "1 month", retention: "1 month" } });
  for (const run of [await preview(database, deployment, cut), await up(database, deployment, cut)]) {
    expect(run.error).toContain("would retire 11 intervals at once");
    expect(run.error).toContain('confirmDrops: ["2024-12-01T00:00:00Z/2025-01-01T00:00:00Z"');
  }
  expect((await left(database)).dump).toBe(before);
});

it("six idle months: new partitions are created at once, and the oldest leave three by three", async () => {
  expect((await up(database, deployment, at("2025-03-10T00:00:00Z"))).error).toBeUndefined();
  const september = at("2025-09-10T00:00:00Z");
  expect((await up(database, deployment, september)).error).toBeUndefined();
  expect(await partitions()).toEqual(["2025_04", "2025_07", "2025_08", "2025_09", "2025_10"]);
  expect((await up(database, deployment, september)).error).toBeUndefined();
  expect(await partitions()).toEqual(["2025_07", "2025_08", "2025_09", "2025_10"]);
  expect((await preview(database, deployment, september)).steps).toEqual([]);
});

it("a clock one year ahead: nothing is retired, what is kept is shown, and the right clock continues", async () => {
  const config = { trustAsOf: "false" };
  const [now, ahead] = await yearsAround();
  expect((await up(database, deployment, at(now), { config })).error).toBeUndefined();
  const before = await partitions();
  const shown = await preview(database, deployment, at(ahead), { config });
  const run = await up(database, deployment, at(ahead), { config });
  expect(shown.messages.join("\n")).toMatch(/outside the window and not expired: left in place/);
  // The months of today are no longer declared, and are not let go of by a wrong clock.
  expect(run.error).toMatch(/inside its window/);
  expect(await partitions()).toEqual(expect.arrayContaining(before));
  expect((await up(database, deployment, at(now), { config })).error).toBeUndefined();
  expect((await preview(database, deployment, at(now), { config })).steps).toEqual([]);
  expect(await partitions()).toEqual(expect.arrayContaining(before));
});

it("a shorter lead: what was created ahead is kept in the table and let go of in the state, nothing fails", async () => {
  const long = at("2025-03-10T00:00:00Z", { window: { lead: "4 months", retention: "2 months" } });
  expect((await up(database, deployment, long)).error).toBeUndefined();
  const before = await partitions();
  const short = at("2025-03-10T00:00:00Z");
  const run = await up(database, deployment, short);
  expect(run.error).toBeUndefined();
  expect(named(run.steps).filter((step) => step.startsWith("delete"))).toHaveLength(3);
  expect(await partitions()).toEqual(before);
  expect((await preview(database, deployment, short)).steps).toEqual([]);
});

it("a clock one year back: nothing is taken for a cut, nothing is retired, and the right clock continues", async () => {
  const config = { trustAsOf: "false" };
  const [now, , back] = await yearsAround();
  expect((await up(database, deployment, at(now), { config })).error).toBeUndefined();
  const before = await partitions();
  const run = await up(database, deployment, at(back), { config });
  expect(await partitions()).toEqual(expect.arrayContaining(before));
  expect(run.error).toBeUndefined();
  expect((await up(database, deployment, at(now), { config })).error).toBeUndefined();
  expect(await partitions()).toEqual(expect.arrayContaining(before));
});

it("D10 bounds copied from the refusal confirm the cut, and nothing else", async () => {
  const year = at("2025-12-10T00:00:00Z", { window: { lead: "1 month", retention: "6 months" } });
  expect((await up(database, deployment, year)).error).toBeUndefined();
  const cut = { window: { lead: "1 month", retention: "1 month" } } as const;
  const refused = await preview(database, deployment, at("2025-12-10T00:00:00Z", cut));
  const confirmDrops = JSON.parse(/confirmDrops: (\[[^\]]*\])/.exec(refused.error ?? "")?.[1] ?? "[]") as string[];
  expect(confirmDrops).toHaveLength(5);
  const run = await up(database, deployment, at("2025-12-10T00:00:00Z", { ...cut, confirmDrops }));
  expect(run.error).toBeUndefined();
  expect(named(run.steps).filter((step) => step.startsWith("delete"))).toHaveLength(5);
  expect(await partitions()).toEqual(["2025_11", "2025_12", "2026_01"]);
});

/** Now, a year ahead, a year back, by the database's clock. */
async function yearsAround(): Promise<[string, string, string]> {
  const [row] = await database.query<{ now: string; ahead: string; back: string }>(
    `select to_char(t, f) as now, to_char(t + interval '1 year', f) as ahead, to_char(t - interval '1 year', f) as back
     from (select now() at time zone 'UTC' as t, 'YYYY-MM-DD"T"HH24:MI:SS"Z"' as f) x`,
  );
  return [row?.now ?? "", row?.ahead ?? "", row?.back ?? ""];
}
