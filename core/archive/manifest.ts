import { z } from "zod";
import { parquetColumnSchema } from "./format/parquet-columns";

/**
 * Object stored next to the parts of an archive, written after them: the archive is complete only with it. It holds all that a
 * restore needs, so that neither the database nor the Pulumi state is required.
 */
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const part = z.object({
  /** Of its object, in the folder of the manifest. */
  name: z.string().regex(/^(?!\.)[A-Za-z0-9_!=.-]+$/),
  rows: z.int().min(0),
  bytes: z.int().min(0),
  sha256: hash,
  /** Of the text that the server sent, which the part reproduces byte for byte. */
  textBytes: z.int().min(0),
  textSha256: hash,
  version: z.string().optional(),
});

const column = z.object({
  name: z.string().min(1),
  /** As format_type prints it, with its schema unless that is on the search path. */
  type: z.string().min(1),
  kind: z.string(),
  category: z.string(),
  base: z.string().optional(),
  collation: z.string().optional(),
  notNull: z.boolean(),
  /** Computed by the server from other columns: read back, never written. */
  generated: z.boolean().optional(),
  /** Its format in the parts. */
  file: parquetColumnSchema,
});

const manifestSchema = z.object({
  format: z.literal(1),
  product: z.string(),
  database: z.object({ name: z.string(), systemIdentifier: z.string(), oid: z.string(), serverVersion: z.int() }),
  schema: z.string(),
  table: z.string(),
  branch: z.array(z.string()).optional(),
  partition: z.object({ schema: z.string(), name: z.string(), oid: z.string() }),
  /** ISO 8601; left out for an open end. */
  bounds: z.object({ from: z.string().optional(), to: z.string().optional() }),
  key: z.object({ column: z.string(), encoding: z.string(), zone: z.string() }),
  /** Least and greatest value of the key, as the server prints them; left out without rows. */
  keys: z.object({ min: z.string(), max: z.string() }).optional(),
  generation: z.int().min(1),
  /** Start of the export, and the run that began it. */
  startedAt: z.string(),
  run: z.string(),
  encoding: z.enum(["parquet", "csv", "rows"]),
  columns: z.array(column).min(1),
  /** Types that are not built in, each as the statement that creates it, in a working order. */
  types: z.array(z.object({ name: z.string(), definition: z.string() })),
  rows: z.int().min(0),
  bytes: z.int().min(0),
  textBytes: z.int().min(0),
  parts: z.array(part),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestPart = Manifest["parts"][number];

/** Formats a manifest: the text is the same for the same archive, whichever run writes it. */
export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifestSchema.parse(manifest), undefined, 2)}\n`;
}

/** An invalid manifest, or one of another version. */
export class ManifestError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ManifestError";
  }
}

/** Reads a manifest. Throws a ManifestError that describes the problem. */
export function parseManifest(text: string, key: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ManifestError(
      `manifest ${key} is not JSON: it was cut or altered. Restore the version before it in the store`,
    );
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success)
    throw new ManifestError(
      `manifest ${key} cannot be read (${z.prettifyError(parsed.error)}): a newer version of this product may have written it, or it was altered`,
    );
  const { data } = parsed;
  const rows = data.parts.reduce((sum, one) => sum + one.rows, 0);
  if (rows !== data.rows)
    throw new ManifestError(`manifest ${key} contradicts itself: ${data.rows} rows, ${rows} in its parts`);
  return data;
}
