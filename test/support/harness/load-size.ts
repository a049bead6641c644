// How large the table is that is converted under load.

/** PGPARTITION_LOAD_ROWS; `npm run test:load` asks for five million. */
export const LOAD_ROWS = Number(process.env["PGPARTITION_LOAD_ROWS"] ?? 200_000);

/** Milliseconds for a test that converts it and takes it back: a limit for one that hangs, generous for two busy cores. */
export const LOAD_TIMEOUT_MS = 120_000 + LOAD_ROWS * 0.4;

/** Milliseconds within which clients go on after a step: while a large table is read their statements are slow. */
export const LOAD_PATIENCE_MS = 30_000 + LOAD_ROWS * 0.01;

/** Number and hash of the rows that no client writes to. */
export const UNWRITTEN =
  "select count(*)::int as n, sum(hashtextextended(e::text, 0))::text as h from app.events e where id < 0";
