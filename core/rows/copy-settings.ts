/**
 * Settings for export and restore: they decide how the server prints a value, and so the content of an archive. Set for the
 * transaction, overriding those of server, database, role and session.
 */
export const COPY_SETTINGS: Readonly<Record<string, string>> = {
  client_encoding: "UTF8",
  TimeZone: "UTC",
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  extra_float_digits: "1",
  bytea_output: "hex",
  xmloption: "content",
  lc_monetary: "C",
  quote_all_identifiers: "off",
};
