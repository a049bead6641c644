/**
 * Settings under which rows are exported and restored: they decide how the server prints a value, and so what an archive
 * says. Set for the transaction, whatever server, database, role or session say.
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
