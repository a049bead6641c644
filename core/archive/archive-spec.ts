import { z } from "zod";
import { DEFAULT_SPOOL_MEGABYTES } from "../defaults";
import type { Problem } from "../problem";
import type { OnExpire } from "../spec/spec";
import type { ArchiveArgs } from "./archive-args";
import { checkStoreSettings, type StoreSettings, storeSettingsShape } from "./store-settings";

/** Where and how a table's expired partitions are archived, with every default filled in. */
export interface ArchiveSpec extends Omit<StoreSettings, "to"> {
  /** Undefined: known only when the bucket has been made. */
  readonly to: string | undefined;
  readonly format: ArchiveFormat;
  readonly verify: ArchiveProof;
  readonly spoolMegabytes: number;
}

export const ARCHIVE_FORMATS = ["parquet"] as const;
export type ArchiveFormat = (typeof ARCHIVE_FORMATS)[number];

/** How an archive is proved besides that each part gives the server's text back, byte for byte. */
export const ARCHIVE_PROOFS = ["checksum", "readBack"] as const;
export type ArchiveProof = (typeof ARCHIVE_PROOFS)[number];

const format = z.enum(ARCHIVE_FORMATS);
const verify = z.enum(ARCHIVE_PROOFS);
const spoolMegabytes = z.int().min(16).max(4096);

/** The shape that users write. */
export const archiveSchema = z.strictObject({
  ...storeSettingsShape,
  format: format.optional(),
  verify: verify.optional(),
  spoolMegabytes: spoolMegabytes.optional(),
});

/** How it travels in the inputs of PartitionWindow. */
export const archiveWireSchema = z.object({
  ...storeSettingsShape,
  to: storeSettingsShape.to.optional(),
  format,
  verify,
  spoolMegabytes,
});

/** Reads the declared archive. Each way to lose rows by a forgotten or contradicting word is a problem. */
export function parseArchive(
  declared: ArchiveArgs | undefined,
  onExpire: OnExpire,
  problems: Problem[],
): ArchiveSpec | undefined {
  if (declared === undefined) {
    if (onExpire === "archive")
      problems.push({
        path: "archive.to",
        code: "missing-property",
        message: 'onExpire: "archive" has no place for the archive.',
        fix: 'Say where it goes: archive: { to: "s3://bucket/prefix" }, or "file:///directory".',
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
  checkStoreSettings(declared, "archive", problems);
  return {
    ...declared,
    format: declared.format ?? "parquet",
    verify: declared.verify ?? "checksum",
    spoolMegabytes: declared.spoolMegabytes ?? DEFAULT_SPOOL_MEGABYTES,
  };
}

/** What travels was read before it was sent, so only its type is to be told. */
export function archiveFromWire(wire: z.infer<typeof archiveWireSchema>): ArchiveSpec {
  const { to, ...rest } = wire;
  return { ...(rest as Omit<ArchiveSpec, "to">), to };
}
