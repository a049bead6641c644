// In which Parquet form the values of a PostgreSQL type are written: one that DuckDB, pyarrow, Spark, Trino and Athena all read.

/** What a form is made from. */
export interface SourceType {
  /** As format_type prints it, such as `numeric(10,2)` or `app.mood`. */
  readonly type: string;
  /** pg_type.typtype: b d e c r m p. */
  readonly kind: string;
  /** Of a domain: the type below it, as format_type prints it. */
  readonly base?: string;
}

/** Forms by DuckDB's name of the type; `DECIMAL(p,s)` beside them. */
const FORMS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    smallint: "SMALLINT",
    integer: "INTEGER",
    bigint: "BIGINT",
    // Unsigned in PostgreSQL. Trino has no unsigned integers.
    oid: "BIGINT",
    boolean: "BOOLEAN",
    real: "FLOAT",
    "double precision": "DOUBLE",
    date: "DATE",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMPTZ",
    bytea: "BLOB",
  }),
);

/** Everything else: uuid and time of day too, because Spark refuses a whole file in which one column has such a type. */
const TEXT_FORM = "VARCHAR";

/** The greatest precision of a decimal in Parquet's readers. */
const MAX_PRECISION = 38;

/** The form of a column, as DuckDB writes the type. */
export function formOf({ type, kind, base }: SourceType): string {
  const name = kind === "d" ? base : kind === "b" ? type : undefined;
  if (name === undefined) return TEXT_FORM;
  const [, head = "", modifiers, tail = ""] =
    /^([a-z ]+?)(?:\(([-\d,]+)\))?( with(?:out)? time zone)?$/.exec(name) ?? [];
  if (head === "numeric") return numericForm(modifiers);
  return FORMS.get(`${head}${tail}`) ?? TEXT_FORM;
}

/** Whether a value can have a text that its form does not print, so that the text is written beside it. */
export function mayLoseText(form: string): boolean {
  return /^(FLOAT|DOUBLE|DATE|TIMESTAMP|TIMESTAMPTZ|DECIMAL\(.*\))$/.test(form);
}

/**
 * A scale below zero rounds to tens and hundreds, one above the precision allows small fractions alone. One digit stands before
 * the point, for DuckDB prints `.5` otherwise. What has no bounds, or more digits, is the nearest double for readers.
 */
function numericForm(modifiers: string | undefined): string {
  const [precision, scale = 0] = (modifiers ?? "").split(",").map(Number);
  if (modifiers === undefined || precision === undefined) return "DOUBLE";
  const fraction = Math.max(scale, 0);
  const digits = Math.max(precision - Math.min(scale, 0), fraction + 1);
  return digits > MAX_PRECISION ? "DOUBLE" : `DECIMAL(${digits},${fraction})`;
}
