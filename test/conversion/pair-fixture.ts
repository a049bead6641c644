// A plain table, an empty partitioned copy of it, and the capture between them.
import type { Client } from "pg";
import { afterEach, beforeEach, expect } from "vitest";
import { installCapture, prepareCapture } from "../../core/conversion/between/capture";
import { copyText } from "../../core/conversion/between/copy-text";
import type { PairMark } from "../../core/conversion/between/mark";
import type { Pair } from "../../core/conversion/between/pair";
import { PresentRows } from "../../conversion/present-rows";
import { copyBlocks } from "../../postgres/conversion/copy-blocks";
import { type PairWork, readMarks } from "../../postgres/conversion/pair-transaction";
import { ALL_CHANGES, reconcile, type Reconciled } from "../../postgres/conversion/reconcile";
import { verifyRange, type Verified } from "../../postgres/conversion/verify";
import { configOf, options } from "../postgres/support";
import { Database } from "../../postgres/database";
import type { TestDatabase } from "../support/database";

export const pair: Pair = {
  source: { schema: "app", name: "events" },
  target: { schema: "app", name: "events_copy" },
  pending: { schema: "app", name: "events_pending" },
  key: ["id", "at"],
  columns: [
    { name: "id", type: "bigint", exact: true },
    { name: "at", type: "timestamp with time zone", exact: true },
    { name: "note", type: "text", exact: true },
    { name: "amount", type: "numeric", exact: false },
  ],
};

const TABLES = `
  drop schema if exists app cascade;
  create schema app;
  create table app.events (id bigint primary key, gone integer, at timestamptz not null, note text, amount numeric);
  alter table app.events drop column gone;
  create table app.events_copy (id bigint, at timestamptz not null, note text, amount numeric, primary key (id, at)) partition by range (at);
  create table app.events_copy_1 partition of app.events_copy for values from ('2025-01-01+00') to ('2025-02-01+00');
  create table app.events_copy_2 partition of app.events_copy for values from ('2025-02-01+00') to ('2025-03-01+00');
  create table app.events_copy_3 partition of app.events_copy for values from ('2025-03-01+00') to ('2025-04-01+00');
  insert into app.events select n, timestamptz '2025-01-01 00:00+00' + n * interval '1 hour', 'note ' || n, n / 10.0 from generate_series(1, 2000) n;
  create table if not exists public.journal (entries int default 0);`;

/** No journal is kept: what it says is not the matter of these tests. */
const record = () => ({ text: "select 1", values: [] });

interface PairFixture {
  readonly work: PairWork;
  /** Copies all blocks that the table has now. */
  copy(): Promise<number>;
  reconcile(limit?: number): Promise<Reconciled>;
  /** Reconciles until nothing is pending. */
  drain(): Promise<void>;
  verify(): Promise<Verified>;
  /** Every row that only one side has, or that differs, by another way than the engine's. */
  differences(): Promise<readonly object[]>;
  pending(): Promise<number>;
  /** The same with the marks as they are by now. */
  again(): Promise<PairFixture>;
  /** The same by sessions of this name, as those of another process. */
  beside(name: string): Promise<PairFixture>;
}

/** The tables are made for each test. `installed: false` leaves the capture to the test. */
export function pairFixture(database: TestDatabase, { installed = true } = {}): () => PairFixture {
  let fixture: PairFixture | undefined;
  beforeEach(async () => {
    await database.query(TABLES);
    const opened: Database[] = [];
    const open = (name: string): Database => {
      const one = new Database(configOf(database, { applicationName: name }), { HOME: "/nonexistent" });
      opened.push(one);
      return one;
    };
    const client = open("pgpartition-test");
    await client.execute(prepareCapture(pair, await ownerOf(database)), options());
    if (installed) await client.execute(installCapture(pair), options());
    fixture = await makeFixture(database, client, open);
    return () => Promise.all(opened.map((one) => one.close()));
  });
  return () => {
    if (!fixture) throw new Error("the pair exists only inside tests");
    return fixture;
  };
}

async function ownerOf(database: TestDatabase) {
  const [row] = await database.query<{ owner: string }>(
    "select relowner::regrole::text as owner from pg_class where oid = 'app.events'::regclass",
  );
  return { owner: row?.owner ?? "", role: database.user, defaultGrantees: [] };
}

async function makeFixture(
  database: TestDatabase,
  client: Database,
  open: (name: string) => Database,
): Promise<PairFixture> {
  const marks: PairMark = await readMarks(client, pair);
  const work: PairWork = { database: client, pair, marks, signal: new AbortController().signal, subject: "testing" };
  const again = (limit: number | typeof ALL_CHANGES = ALL_CHANGES) => reconcile(work, limit, record);
  return {
    work,
    copy: async () => {
      const blocks = { heap: pair.source, first: 0, end: await countBlocks(database) };
      return new PresentRows().copy((whenPresent) => copyBlocks(work, blocks, record, whenPresent));
    },
    reconcile: again,
    drain: async () => {
      while ((await again(1000)).changes > 0);
    },
    verify: () => verifyRange(work, undefined, 1_000_000, record),
    differences: () =>
      database.query(
        `(select 'only the table' as side, to_jsonb(x) from (select id, at, note, amount::text from app.events except all select id, at, note, amount::text from app.events_copy) x)
         union all
         (select 'only the copy', to_jsonb(x) from (select id, at, note, amount::text from app.events_copy except all select id, at, note, amount::text from app.events) x)`,
      ),
    pending: async () => {
      const [row] = await database.query<{ n: number }>("select count(*)::int as n from app.events_pending");
      return row?.n ?? -1;
    },
    again: () => makeFixture(database, client, open),
    beside: (name) => makeFixture(database, open(name), open),
  };
}

/** Sessions of the application, which end with their test. */
export function openClients(database: TestDatabase) {
  const clients: Client[] = [];
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end()));
  });
  return {
    connect: async (name: string): Promise<Client> => {
      const client = await database.connect({ application_name: name });
      clients.push(client);
      return client;
    },
    isWaiting: async (name: string): Promise<boolean> => {
      const rows = await database.query(
        "select from pg_stat_activity where datname = current_database() and application_name = $1 and wait_event_type = 'Lock'",
        [name],
      );
      return rows.length > 0;
    },
  };
}

export async function countBlocks(database: TestDatabase): Promise<number> {
  const [row] = await database.query<{ blocks: number }>(
    "select (pg_relation_size('app.events') / current_setting('block_size')::int)::int as blocks",
  );
  return row?.blocks ?? 0;
}

/** A copy whose snapshot is taken and whose commit is to come: what it does not see may be committed meanwhile. */
export async function copyOpen(client: Client, blocks: number): Promise<void> {
  await client.query("begin");
  await client.query(copyText(pair, pair.source, "fail"), ["(0,0)", `(${blocks},0)`]);
}

/** Nothing is pending, both sides are equal, and the engine's own proof says so. */
export async function expectEqual(fixture: PairFixture, rows: number): Promise<void> {
  expect(await fixture.pending()).toBe(0);
  expect(await fixture.differences()).toEqual([]);
  expect(await fixture.verify()).toMatchObject({ rows, differs: undefined });
}
