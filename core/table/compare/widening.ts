import { canonicalizeType } from "./compare";

/**
 * True if PostgreSQL changes a column from one type to the other without reading a row: measured on 15 and 18, where neither a
 * file nor an index of the partitions is rewritten. Only if no index, check or key has the column: an index of a partitioned
 * table is rebuilt for these changes too, under the lock.
 */
export function widens(from: string, to: string): boolean {
  const before = parse(canonicalizeType(from));
  const after = parse(canonicalizeType(to));
  if (!before || !after) return false;
  if (isText(before) && isText(after)) return fits(getLength(before), getLength(after));
  if (before.name !== after.name) return false;
  switch (before.name) {
    case "bit varying":
      return fits(getLength(before), getLength(after));
    case "numeric":
      return (
        after.modifiers.length === 0 || (fits(before.modifiers[0], after.modifiers[0]) && hasSameScale(before, after))
      );
    case "timestamp with time zone":
    case "timestamp without time zone":
    case "time with time zone":
    case "time without time zone":
      return (before.modifiers[0] ?? MICROSECONDS) <= (after.modifiers[0] ?? MICROSECONDS);
    default:
      return false;
  }
}

interface TypeText {
  readonly name: string;
  readonly modifiers: readonly number[];
}

/** Times without a precision have six digits. */
const MICROSECONDS = 6;

function parse(type: string): TypeText | undefined {
  const match = /^([a-z ]+?)(?:\((\d+(?:,\d+)?)\))?( with(?:out)? time zone)?$/.exec(type);
  if (!match) return undefined;
  const [, name = "", modifiers, zone = ""] = match;
  return { name: `${name}${zone}`, modifiers: (modifiers ?? "").split(",").filter(Boolean).map(Number) };
}

function isText(type: TypeText): boolean {
  return type.name === "text" || type.name === "character varying";
}

function getLength(type: TypeText): number | undefined {
  return type.modifiers[0];
}

/** True if values up to the old limit fit the new one; no limit fits all. */
function fits(before: number | undefined, after: number | undefined): boolean {
  return after === undefined || (before !== undefined && before <= after);
}

function hasSameScale(before: TypeText, after: TypeText): boolean {
  return before.modifiers.length > 0 && (before.modifiers[1] ?? 0) === (after.modifiers[1] ?? 0);
}
