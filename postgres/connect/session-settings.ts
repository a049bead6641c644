import { DEFAULT_LOCK_TIMEOUT_MS, DEFAULT_STATEMENT_TIMEOUT_MS } from "../../core/defaults";

/** Oldest supported server; older ones lack behaviour that the statements rely on. */
export const OLDEST_SERVER = 150_000;

/** Longest wait for a lock in one attempt to read; attempts are repeated as long as those of a statement (patient-read.ts). */
export const READ_LOCK_TIMEOUT_MS = DEFAULT_LOCK_TIMEOUT_MS;

/** Setting that some platforms refuse (PostgreSQL on Windows). */
export const CHECK_INTERVAL = "client_connection_check_interval";

/**
 * Settings of every session, so that no default of a server, role or database changes the meaning of a statement or its waits.
 */
export const SESSION_SETTINGS: Readonly<Record<string, string>> = {
  // Bounds are printed and read in UTC; names are always qualified, so no user's function can replace a built-in one.
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
  // So does planning it, and every value leads to the same plan: created once for a session.
  plan_cache_mode: "force_generic_plan",
  // Without it the queued DDL of a killed client commits later, and its locks remain, measured with kill -9 on 15 and 18.
  [CHECK_INTERVAL]: "1s",
  idle_in_transaction_session_timeout: "10s",
  // The session that holds the table locks is idle as long as the work takes.
  idle_session_timeout: "0",
  // A network that drops packets is noticed in a minute; ignored on sockets.
  tcp_keepalives_idle: "30",
  tcp_keepalives_interval: "10",
  tcp_keepalives_count: "3",
  statement_timeout: `${DEFAULT_STATEMENT_TIMEOUT_MS}ms`,
  lock_timeout: `${READ_LOCK_TIMEOUT_MS}ms`,
};
