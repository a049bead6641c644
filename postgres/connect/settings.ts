import { DEFAULT_LOCK_TIMEOUT_MS, DEFAULT_STATEMENT_TIMEOUT_MS } from "../../core/defaults";

/** The oldest server that is supported; older ones lack behaviour that the statements rely on. */
export const OLDEST_SERVER = 150_000;

/** One try of a reading waits for no lock longer than this; it is tried again as long as a statement would be (patient-read.ts). */
export const READ_LOCK_TIMEOUT_MS = DEFAULT_LOCK_TIMEOUT_MS;

/** The setting that some platforms refuse (PostgreSQL on Windows). */
export const CHECK_INTERVAL = "client_connection_check_interval";

/** Settings of every session, so that no server, role or database default changes what a statement means or how long it waits. */
export const SESSION_SETTINGS: Readonly<Record<string, string>> = {
  // Bounds are printed and read in UTC; names are always qualified, so nobody's function can take the place of a built-in one.
  TimeZone: "UTC",
  DateStyle: "ISO, MDY",
  IntervalStyle: "iso_8601",
  search_path: "pg_catalog",
  standard_conforming_strings: "on",
  extra_float_digits: "1",
  default_transaction_isolation: "read committed",
  client_min_messages: "warning",
  // Compiling a catalogue query takes longer than running it.
  jit: "off",
  // So does planning it, and every value leads to the same plan: made once for a session.
  plan_cache_mode: "force_generic_plan",
  // Without it the queued DDL of a killed client commits later, and its locks stay, measured with kill -9 on 15 and 18.
  [CHECK_INTERVAL]: "1s",
  idle_in_transaction_session_timeout: "10s",
  // The session that holds the table locks is idle for as long as the work takes.
  idle_session_timeout: "0",
  // A network that swallows packets is noticed in a minute; ignored on sockets.
  tcp_keepalives_idle: "30",
  tcp_keepalives_interval: "10",
  tcp_keepalives_count: "3",
  statement_timeout: `${DEFAULT_STATEMENT_TIMEOUT_MS}ms`,
  lock_timeout: `${READ_LOCK_TIMEOUT_MS}ms`,
};
