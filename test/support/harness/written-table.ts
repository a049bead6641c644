// The plain table that the clients of write-ledger.ts write to.

/** The table that they write to, of 20,000 rows, with what a foreign key of it refers to. */
export const WRITTEN_TABLE = writtenTable(20_000);

/** The same of that many rows, over the first eleven weeks of 2025; none of them is changed. */
export function writtenTable(rows: number): string {
  const each = `interval '11 weeks' / ${String(rows)}`;
  return `
  create schema if not exists app;
  create table app.runs (id bigint primary key);
  create table app.beside (n integer);
  create table app.events (id bigint primary key, at timestamptz not null, note text,
    run bigint constraint events_run references app.runs on update cascade on delete cascade);
  create unique index events_id_at on app.events (id, at);
  create index events_of_run on app.events (run);
  insert into app.runs select generate_series(1, 8);
  insert into app.events select -n, timestamptz '2025-01-01 00:00+00' + n * ${each}, 'old ' || n, 1 + n % 8 from generate_series(1, ${String(rows)}) n;`;
}
