import { widens } from "../table/compare/widening";
import { canonicalizeType } from "../table/compare/compare";

/** A column of an archive. */
interface ArchivedColumn {
  readonly name: string;
  readonly type: string;
  readonly generated?: boolean | undefined;
}

/** A column of the table that an archive is restored into. */
export interface LiveColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly default: string | undefined;
  readonly generated?: boolean | undefined;
}

/** Mapping of archived rows to the current table. */
interface ColumnMapping {
  /** Columns of the archive that are written, in its order. */
  readonly written: readonly string[];
  /** True if the archive has columns that are not written, because the server computes them again. */
  readonly partly: boolean;
  /** Obstacles, in sentences. Empty: everything fits. */
  readonly problems: readonly string[];
}

/**
 * Maps the columns of an archive to those of the table by name. A newer column gets its default, or NULL; an obstacle is a value
 * that would be lost, or a required column without one.
 */
export function mapColumns(archived: readonly ArchivedColumn[], live: readonly LiveColumn[]): ColumnMapping {
  const now = new Map(live.map((column) => [column.name, column]));
  const then = new Set(archived.map(({ name }) => name));
  const written = archived.filter(({ name }) => !now.get(name)?.generated).map(({ name }) => name);
  return {
    written,
    partly: written.length < archived.length,
    problems: [
      ...archived.flatMap((column) => explainMisfit(column, now.get(column.name))),
      ...live.filter(({ name }) => !then.has(name)).flatMap(findNewColumnProblem),
    ],
  };
}

function explainMisfit(column: ArchivedColumn, live: LiveColumn | undefined): string[] {
  const name = `column "${column.name}"`;
  if (!live) return [`${name} (${column.type}) was dropped since`];
  if (live.generated && !column.generated) return [`${name} has values in the archive, and is generated now`];
  if (castsExactly(column.type, live.type)) return [];
  return [`${name} was ${column.type} and is ${live.type} now`];
}

/** Reports a new column without a value: NULL would be refused row by row, in the middle of the load. */
function findNewColumnProblem({ name, nullable, default: value, generated }: LiveColumn): string[] {
  if (nullable || generated || value !== undefined) return [];
  return [`column "${name}" came since, is NOT NULL and has no default`];
}

const WHOLE_NUMBERS = ["smallint", "integer", "bigint", "numeric"];

/** True if every text of one type is the same value of the other, so that the archive's text is what the server would print. */
export function castsExactly(from: string, to: string): boolean {
  const before = canonicalizeType(from);
  const after = canonicalizeType(to);
  if (before === after || after === "text" || widens(from, to)) return true;
  const widened = WHOLE_NUMBERS.indexOf(after);
  return before !== "numeric" && WHOLE_NUMBERS.includes(before) && widened >= WHOLE_NUMBERS.indexOf(before);
}
