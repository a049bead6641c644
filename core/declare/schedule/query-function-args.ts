/**
 * A function that returns the rows of the table in a range of its key, with all columns. Arguments of a call are in the order
 * `arguments`, `from`, `to`. It runs with the rights of its caller, so row security applies, and is inlined into the calling
 * query, whose own conditions, order and limit work as on the table.
 */
export interface QueryFunctionArgs {
  /** Schema of the function; it must exist. @default that of the table */
  readonly schema?: string;
  /** Further arguments by name, with their types. None may be named like a column. @example { p_run_id: "uuid" } */
  readonly arguments?: Readonly<Record<string, string>>;
  /**
   * Condition for the rows: one SQL expression of columns and `arguments`, each of which it names. Names outside of pg_catalog are
   * written with their schema. @example "run_id = p_run_id"
   */
  readonly where?: string;
  /**
   * Argument for the start of the range, which is included; a text is the name of one that every call has to give. Its type is
   * that of the key, and timestamptz for keys of numbers and UUIDs. A call with NULL returns no rows.
   *
   * @example "p_from", { name: "p_from", default: "now() - interval '30 days'" }
   */
  readonly from: string | RangeArgumentArgs;
  /**
   * Argument for the end of the range, which is not included. Needs a default if `from` has one. Left out: all rows from `from`
   * on. @example { name: "p_to", default: "now()" }
   */
  readonly to?: string | RangeArgumentArgs;
}

/** An argument that a call may leave out. */
export interface RangeArgumentArgs {
  /** Name of the argument. @example "p_from" */
  readonly name: string;
  /** Its value if a call leaves it out: one SQL expression. @example "now() - interval '30 days'" */
  readonly default: string;
}
