// Parquet forms of the values of PostgreSQL types, which DuckDB, pyarrow, Spark, Trino and Athena all read.

/** Input for the choice of a form. */
export interface SourceType {
  /** As format_type prints it, such as `numeric(10,2)` or `app.mood`. */
  readonly type: string;
  /** pg_type.typtype: b d e c r m p. */
  readonly kind: string;
  /** For a domain: its base type, as format_type prints it. */
  readonly base?: string;
}

/** Forms by DuckDB's name of the type; `DECIMAL(p,s)` is computed. */
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

/** Form for all other types, including uuid and time of day: Spark refuses a whole file if one column has such a type. */
const TEXT_FORM = "VARCHAR";

/** Greatest decimal precision of Parquet's readers. */
const MAX_PRECISION = 38;

/** Returns the form of a column, as DuckDB writes the type. */
export function chooseForm({ type, kind, base }: SourceType): string {
  const name = kind === "d" ? base : kind === "b" ? type : undefined;
  if (name === undefined) return TEXT_FORM;
  const [, head = "", modifiers, tail = ""] =
    /^([a-z ]+?)(?:\(([-\d,]+)\))?( with(?:out)? time zone)?$/.exec(name) ?? [];
  if (head === "numeric") return chooseNumericForm(modifiers);
  return FORMS.get(`${head}${tail}`) ?? TEXT_FORM;
}

/** True if a value may have a text that its form does not print, so that the text is written next to it. */
export function mayLoseText(form: string): boolean {
  return /^(FLOAT|DOUBLE|DATE|TIMESTAMP|TIMESTAMPTZ|DECIMAL\(.*\))$/.test(form);
}

/**
 * Returns the form of a numeric. A scale below zero rounds to tens and hundreds, one above the precision allows small fractions
 * alone. One digit is reserved before the point, because DuckDB prints `.5` otherwise. Unbounded or longer numbers are the
 * nearest double.
 */
function chooseNumericForm(modifiers: string | undefined): string {
  const [precision, scale = 0] = (modifiers ?? "").split(",").map(Number);
  if (modifiers === undefined || precision === undefined) return "DOUBLE";
  const fraction = Math.max(scale, 0);
  const digits = Math.max(precision - Math.min(scale, 0), fraction + 1);
  return digits > MAX_PRECISION ? "DOUBLE" : `DECIMAL(${digits},${fraction})`;
}
