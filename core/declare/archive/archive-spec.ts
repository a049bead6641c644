import { z } from "zod";
import { DEFAULT_SPOOL_MEGABYTES } from "../../defaults";
import type { Problem } from "../../problems/problem";
import type { OnExpire } from "../option/on-expire";
import { type Around, defineOption } from "../option/option";
import { nameType } from "../option/shapes";
import type { ArchiveArgs, ArchiveTableArgs } from "./archive-args";
import { ARCHIVE_ENCODINGS, ARCHIVE_FORMATS, type ArchiveEncoding } from "./formats";
import { checkStoreSettings, type StoreSettings, storeSettingsShape } from "./store-settings";
import { type ArchiveTable, archiveTableSchema, archiveTableWireSchema, parseArchiveTable } from "./table-destination";

/** Settings for archiving a table's expired partitions, with every default filled in. */
export interface ArchiveSpec extends Omit<StoreSettings, "to"> {
  /** Undefined if the bucket is not created yet, or if the archive is a table. */
  readonly to: string | undefined;
  /** The archive table, instead of objects in a store. */
  readonly table?: ArchiveTable;
  readonly format: ArchiveEncoding;
  readonly verify: ArchiveProof;
  readonly spoolMegabytes: number;
}

/** Returns the settings that the store itself needs; undefined without a store or before its bucket is created. */
export function toStoreSettings(archive: ArchiveSpec | undefined): StoreSettings | undefined {
  if (archive?.to === undefined) return undefined;
  const { format: _format, spoolMegabytes: _spool, table: _table, to, ...settings } = archive;
  const { verify: _verify, ...store } = settings;
  return { ...store, to };
}

/** Proofs of an archive, in addition to decoding each part to the server's text, byte for byte. */
const ARCHIVE_PROOFS = ["checksum", "readBack"] as const;
type ArchiveProof = (typeof ARCHIVE_PROOFS)[number];

const format = z.enum(ARCHIVE_FORMATS);
const verify = nameType("ArchiveProof", z.enum(ARCHIVE_PROOFS));
const spoolMegabytes = z.int().min(16).max(4096);

const archiveWire = z.object({
  ...storeSettingsShape,
  to: storeSettingsShape.to.optional(),
  table: nameType("ArchiveTable", archiveTableWireSchema).optional(),
  format: nameType("ArchiveFormat", z.enum(ARCHIVE_ENCODINGS)),
  verify,
  spoolMegabytes,
});

export const archive = defineOption({
  shape: z
    .strictObject({
      ...storeSettingsShape,
      to: z.union([storeSettingsShape.to, archiveTableSchema]),
      format: format.optional(),
      verify: verify.optional(),
      spoolMegabytes: spoolMegabytes.optional(),
    })
    .optional(),
  wire: nameType("Archive", archiveWire).optional(),
  parse: parseArchive,
  toWire: encodeArchive,
  fromWire: (wire) => wire && decodeArchive(wire),
});

/** Reads the declared archive. Every forgotten or contradictory setting that could lose rows is a problem. */
function parseArchive(
  declared: ArchiveArgs | undefined,
  { args: { onExpire }, problems }: Around<{ readonly onExpire: OnExpire }>,
): ArchiveSpec | undefined {
  if (declared === undefined) {
    if (onExpire === "archive")
      problems.push({
        path: "archive.to",
        code: "missing-property",
        message: 'onExpire: "archive" has no store for the archive.',
        fix: 'Declare it: archive: { to: "s3://bucket/prefix" }, or "file:///directory".',
      });
    return undefined;
  }
  if (onExpire !== "archive")
    problems.push({
      path: "archive",
      code: "invalid-value",
      message: `an archive is declared, and onExpire: "${onExpire}" archives nothing.`,
      fix: 'Set onExpire: "archive", or remove it.',
    });
  const { to, ...settings } = declared;
  if (typeof to !== "string") return parseTable(to, settings, problems);
  checkStoreSettings({ ...settings, to }, "archive", problems);
  return {
    ...settings,
    to,
    format: declared.format ?? "parquet",
    verify: declared.verify ?? "checksum",
    spoolMegabytes: declared.spoolMegabytes ?? DEFAULT_SPOOL_MEGABYTES,
  };
}

/** Every part is read back from a table before the commit, and a table has no other settings. */
function parseTable(to: ArchiveTableArgs, settings: Omit<ArchiveArgs, "to">, problems: Problem[]): ArchiveSpec {
  const { spoolMegabytes: megabytes, ...others } = settings;
  for (const [name, value] of Object.entries(others))
    if (value !== undefined)
      problems.push({
        path: `archive.${name}`,
        code: "invalid-value",
        message: "an archive table has no such setting.",
        fix: "Remove it: every part is read back from the table and compared before it is committed.",
      });
  const table = parseArchiveTable(to, "archive.to", problems);
  return {
    to: undefined,
    table,
    format: "rows",
    verify: "readBack",
    spoolMegabytes: megabytes ?? DEFAULT_SPOOL_MEGABYTES,
  };
}

function encodeArchive(spec: ArchiveSpec | undefined): z.infer<typeof archiveWire> | undefined {
  return (
    spec &&
    (Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)) as z.infer<typeof archiveWire>)
  );
}

/** Wire values were checked before they were sent; only their type has to be asserted. */
function decodeArchive(wire: z.infer<typeof archiveWire>): ArchiveSpec {
  const { to, ...rest } = wire;
  return { ...(rest as Omit<ArchiveSpec, "to">), to };
}
