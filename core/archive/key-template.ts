import { placeholdersOf, REQUIRED, TIME_PLACEHOLDERS, fill } from "../names/template";
import type { Period } from "../time/period";
import type { ArchivePlace } from "./layout";

/** Placeholders of a key besides those of the time, which are filled from the start of the partition in the table's zone. */
const OWN_PLACEHOLDERS = ["database", "schema", "table", "partition", "branch"];

/** What a key is filled from. */
export interface KeyValues extends Omit<ArchivePlace, "generation"> {
  readonly partition: string;
  readonly zone: string;
}

/** What two partitions of a table can differ by. */
export interface KeyShape {
  readonly periods: readonly (Period | "whole")[];
  /** Whether levels stand above its time level. */
  readonly branched: boolean;
}

/** Folder of the objects of one archive, and the beginning of their names. */
export interface KeyFiles {
  readonly folder: string;
  readonly stem: string;
}

/** What is wrong with the template of the keys of a table, as a message and a way on. Undefined: nothing. */
export function keyTemplateProblem(
  template: string,
  extension: string,
  { branched, periods }: KeyShape,
): { readonly message: string; readonly fix: string } | undefined {
  const used = placeholdersOf(template);
  const known = [...OWN_PLACEHOLDERS, ...Object.keys(TIME_PLACEHOLDERS)];
  const unknown = used.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    return {
      message: `{${unknown.join("}, {")}} is no placeholder of a key.`,
      fix: `Known are {${known.join("}, {")}}.`,
    };
  if (!template.endsWith(`.${extension}`))
    return {
      message: `the key does not end in ".${extension}", which is what lies there.`,
      fix: `Write it as "{table}/{yyyy}-{mm}.${extension}".`,
    };
  const literal = template.slice(0, -extension.length - 1).replaceAll(/\{[^{}]*\}/g, "x");
  if (!/^[A-Za-z0-9_=-][A-Za-z0-9_=.-]*(\/[A-Za-z0-9_=-][A-Za-z0-9_=.-]*)*$/.test(literal))
    return {
      message: "a key has letters, digits, _ - . = and plain slashes between names that do not begin with a dot.",
      fix: `Write it as "{table}/{yyyy}-{mm}.${extension}", relative to archive.to.`,
    };
  // Every partition of a table has a name of its own.
  if (used.includes("partition")) return undefined;
  if (branched && !used.includes("branch"))
    return {
      message: "partitions of the same time in two branches would share a key.",
      fix: "Add {branch}, or {partition}.",
    };
  const shared = periods.find((period) => !REQUIRED[period].some((set) => set.every((name) => used.includes(name))));
  if (shared === undefined) return undefined;
  const wanted = REQUIRED[shared].map((set) => set.map((name) => `{${name}}`).join(" "));
  return {
    message: `two ${shared} partitions would share a key.`,
    fix: `Add ${wanted.join(" or ")}, or {partition}.`,
  };
}

/**
 * Where the objects of one archive lie by a template: `orders/2024-03` of `{table}/{yyyy}-{mm}.csv.zst`. A generation after the
 * first is part of the name, `orders/2024-03.gen-2`.
 */
export function keyFiles(template: string, extension: string, generation: number, values: KeyValues): KeyFiles {
  const at = values.bounds.from?.toZonedDateTimeISO(values.zone);
  const own: Readonly<Record<string, string>> = {
    database: encodeName(values.database),
    schema: encodeName(values.schema),
    table: encodeName(values.table),
    partition: encodeName(values.partition),
    // A dot is in no value, so that the values are told apart.
    branch: values.path.map(encodeName).join("."),
  };
  const time = (name: string): string | undefined => (at === undefined ? "start" : TIME_PLACEHOLDERS[name]?.(at));
  const path = fill(template.slice(0, -extension.length - 1), (name) => own[name] ?? time(name));
  const cut = path.lastIndexOf("/") + 1;
  const stem = path.slice(cut);
  return { folder: path.slice(0, cut), stem: generation === 1 ? stem : `${stem}.gen-${generation}` };
}

/**
 * One value in a key: injective, never a dot or a slash. Not percent-encoded, so that the folder of an archive is a place that
 * `archive.to` could name.
 */
function encodeName(text: string): string {
  return [...Buffer.from(text, "utf8")]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /^[A-Za-z0-9_-]$/.test(character) ? character : `!${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}
