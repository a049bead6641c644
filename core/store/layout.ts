import { formatInstant } from "../time/instant";
import type { OpenInterval } from "../time/interval";
import { formatLocation, parseLocation } from "./location";

/** Key of the archive of one partition in a store. */
interface ArchivePlace {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  /** Values of the levels above the time level, outermost first; empty for a table that is partitioned by time alone. */
  readonly path: readonly string[];
  readonly bounds: OpenInterval;
  /** 1 for the first archive of the range; a range that was restored, or written to again, gets the next one. */
  readonly generation: number;
}

/** Name of the manifest. Readers of a Hive layout ignore names that begin with an underscore. */
export const MANIFEST_NAME = "_manifest.json";

/**
 * Returns the folder of one archive below the store's prefix, in the Hive style, so that DuckDB, Spark, Trino and Athena read all
 * archives of a table as one and skip ranges by name:
 * `<database>/<schema>/table=<table>[/branch=<values>]/from=<start>/gen=<generation>/`.
 */
export function formatArchiveFolder(place: ArchivePlace): string {
  return `${formatTableFolder(place)}${formatBranchFolder(place.path)}from=${formatStart(place.bounds)}/gen=${place.generation}/`;
}

/** Returns the folder of all archives of one table. */
export function formatTableFolder(table: Pick<ArchivePlace, "database" | "schema" | "table">): string {
  return `${encodeSegment(table.database)}/${encodeSegment(table.schema)}/table=${encodeSegment(table.table)}/`;
}

/** Returns the name of one part in its folder; numbers begin with 1 and sort as text. */
export function formatPartName(part: number, extension: string): string {
  return `part-${String(part).padStart(5, "0")}.${extension}`;
}

/**
 * Returns the store that contains a manifest, from its location in the ledger; undefined if the location is invalid. Names of an
 * earlier version, such as `orders/_2024-03.manifest.json`, do not show where the store begins: then it is the folder of the
 * manifest, which also has its parts.
 */
export function findStoreOfManifest(place: string): string | undefined {
  if (place.startsWith("table://")) return undefined;
  const hive = /^(.+?)\/[^/]+\/[^/]+\/table=[^/]+(?:\/branch=[^/]+)?\/from=[^/]+\/gen=\d+\/_manifest\.json$/.exec(
    place,
  );
  return hive?.[1] ?? /^(.+?)\/_[^/]+\.manifest\.json$/.exec(place)?.[1];
}

/** Returns the key of a manifest in a store; undefined if it is stored elsewhere. */
export function findKeyInStore(url: string, place: string): string | undefined {
  if (place.startsWith(`${url}/`)) return place.slice(url.length + 1);
  // The folder of a key is not written like a location: `=` is literal in keys, and %3D in the URL of a directory.
  const folder = place.slice(0, place.lastIndexOf("/"));
  const location = parseLocation(folder, "", []);
  return location && formatLocation(location) === url ? place.slice(folder.length + 1) : undefined;
}

/**
 * Characters that a path may contain in any store and file system; all others are percent-encoded, so that no name leaves its
 * folder.
 */
const PLAIN = /^[A-Za-z0-9_-]$/;

/** Encodes one segment of a key. Injective, and never `.` or `..`. */
export function encodeSegment(text: string): string {
  return [...Buffer.from(text, "utf8")]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return PLAIN.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

function formatBranchFolder(path: readonly string[]): string {
  return path.length === 0 ? "" : `branch=${joinBranchPath(path)}/`;
}

/** Joins values of the levels above the time level into one word of a folder name. */
export function joinBranchPath(path: readonly string[]): string {
  return path.map(encodeSegment).join("+");
}

/** Formats ISO 8601 in its basic form, UTC: `20250101T000000Z`. It has no colon, sorts as text, and needs no encoding. */
export function formatStart(bounds: Pick<OpenInterval, "from">): string {
  if (!bounds.from) return "start";
  return encodeSegment(
    formatInstant(bounds.from)
      .replaceAll("-", "")
      .replaceAll(":", "")
      .replace(/\.\d+/, (f) => f.replace(".", "_")),
  );
}
