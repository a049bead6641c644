import { formatInstant } from "../time/instant";
import type { OpenInterval } from "../time/interval";
import { formatLocation, parseLocation } from "./location";

/** Where in a store the archive of one partition lies. */
interface ArchivePlace {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  /** Values of the levels above the time level, outermost first; empty for a table that is cut by time alone. */
  readonly path: readonly string[];
  readonly bounds: OpenInterval;
  /** 1 for the first archive of the range; a range that was restored, or written to again, gets the next one. */
  readonly generation: number;
}

/** Name of the manifest. Readers of a Hive layout pass over what begins with an underscore. */
export const MANIFEST_NAME = "_manifest.json";

/**
 * Folder of one archive below the store's prefix, in the Hive style, so that DuckDB, Spark, Trino and Athena read all archives
 * of a table as one and pass over ranges by their name:
 * `<database>/<schema>/table=<table>[/branch=<values>]/from=<start>/gen=<generation>/`.
 */
export function archiveFolder(place: ArchivePlace): string {
  return `${tableFolder(place)}${branchFolder(place.path)}from=${startName(place.bounds)}/gen=${place.generation}/`;
}

/** Folder of everything that was ever archived of one table. */
export function tableFolder(table: Pick<ArchivePlace, "database" | "schema" | "table">): string {
  return `${encodeSegment(table.database)}/${encodeSegment(table.schema)}/table=${encodeSegment(table.table)}/`;
}

/** Name of one part in its folder; numbers begin with 1 and sort as text. */
export function partName(part: number, extension: string): string {
  return `part-${String(part).padStart(5, "0")}.${extension}`;
}

/**
 * A store in which a manifest lies, from the place that the ledger has of it; undefined when it is no such place. An earlier version
 * could give other names, `orders/_2024-03.manifest.json`, which do not say where the store begins: then it is the folder of the
 * manifest, beside which its parts are.
 */
export function storeOfManifest(place: string): string | undefined {
  if (place.startsWith("table://")) return undefined;
  const hive = /^(.+?)\/[^/]+\/[^/]+\/table=[^/]+(?:\/branch=[^/]+)?\/from=[^/]+\/gen=\d+\/_manifest\.json$/.exec(
    place,
  );
  return hive?.[1] ?? /^(.+?)\/_[^/]+\.manifest\.json$/.exec(place)?.[1];
}

/** Key of a manifest in a store; undefined: it lies elsewhere. */
export function keyInStore(url: string, place: string): string | undefined {
  if (place.startsWith(`${url}/`)) return place.slice(url.length + 1);
  // The folder of a key is no location as one is written: `=` is a sign of its own in keys, and %3D in the URL of a directory.
  const folder = place.slice(0, place.lastIndexOf("/"));
  const location = parseLocation(folder, "", []);
  return location && formatLocation(location) === url ? place.slice(folder.length + 1) : undefined;
}

/** Bytes that a path may hold in any store and file system; all others are percent-encoded, so that no name leaves its folder. */
const PLAIN = /^[A-Za-z0-9_-]$/;

/** One segment of a key. Injective, and never `.` or `..`. */
export function encodeSegment(text: string): string {
  return [...Buffer.from(text, "utf8")]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return PLAIN.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

function branchFolder(path: readonly string[]): string {
  return path.length === 0 ? "" : `branch=${branchName(path)}/`;
}

/** Values of the levels above the time level as one word of a folder's name. */
export function branchName(path: readonly string[]): string {
  return path.map(encodeSegment).join("+");
}

/** ISO 8601 in its basic form, UTC: `20250101T000000Z`. It has no colon, sorts as text, and needs no encoding. */
export function startName(bounds: Pick<OpenInterval, "from">): string {
  if (!bounds.from) return "start";
  return encodeSegment(
    formatInstant(bounds.from)
      .replaceAll("-", "")
      .replaceAll(":", "")
      .replace(/\.\d+/, (f) => f.replace(".", "_")),
  );
}
