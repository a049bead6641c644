import { findRenamedOption, type Told } from "./renamed";

/**
 * Options that an earlier version had, by location. A program that still has one gets instructions instead of a hint on spelling.
 */
export const REMOVED: Readonly<Record<string, Told>> = {
  "archive.method": {
    message:
      'the option "method" was removed: with "aws_s3" and "pg_parquet" every part was still read twice for its proof, so that nothing was saved, and neither was tested on the real extension.',
    fix: 'Delete it: the machine that runs the update then writes the parts, as Parquet unless format: "csv" is declared, and needs room for two of them (spoolMegabytes). Existing archives remain readable.',
  },
  "archive.keys": {
    message:
      'the option "keys" was removed: archives have one layout, folders by database, schema, table and range, in which no two tables can mean the same name and every engine finds them.',
    fix: "Delete it: new archives are stored in that layout below archive.to (docs/archive-format.md). Existing ones keep their names; they are listed, queried, restored and compared before a drop as before.",
  },
};

/** Returns the message for an unknown key; undefined: no version had such an option there. */
export function findRemovedOption(path: readonly PropertyKey[]): Told | undefined {
  return findRenamedOption(String(path.at(-1))) ?? REMOVED[path.slice(-2).join(".")];
}
