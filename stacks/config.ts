import { z } from "zod";
import { archiveSchema } from "../core/archive/archive-spec";
import { backupSchema } from "../core/spec/backup";
import { holdsSchema } from "../core/spec/holds";
import { restoredSchema } from "../core/spec/restored";
import { retireHoursSchema } from "../core/spec/retire-hours";
import { maxDropsSchema, onExpireSchema, resourcesSchema } from "../core/spec/schema";
import { SIZE_HINT } from "../core/size";
import { SPAN_HINT } from "../core/time/span";
import { SYSTEM_NAMES, TABLE_KEYS } from "./tables";

/**
 * The configuration of a stack: the one place that says which keys there are. Types and words are checked here, what a
 * value means (is it a span, a time?) by the table's own rules, after the values have met their table.
 */
const ENVIRONMENTS = ["dev", "staging", "prod"] as const;

/** Only editors read these patterns: at run time the rules of the spec speak, which name the units. */
const SPAN = "[1-9][0-9]* +(hour|day|week|month|quarter|year)s?";
const spanOr = (word: string, example: string) =>
  z
    .string({ error: SPAN_HINT })
    .meta({ pattern: `^(${[word, SPAN].filter((part) => part !== "").join("|")})$`, examples: [example] });

const sizeSchema = z.templateLiteral([z.number(), " ", z.enum(["kB", "MB", "GB", "TB"])], { error: SIZE_HINT });

/** The password of a stack is the only secret of its configuration. */
export const passwordSchema = z
  .string()
  .min(1)
  .describe("Password, set with `pulumi config set --path database.password --secret`.");

const fileSchema = z
  .strictObject({
    file: z
      .string()
      .min(1)
      .describe(
        "JSON file with host, port, database, user and password, relative to the repository; `npm run dev` writes it.",
      ),
  })
  .describe("A development database.");

const serverSchema = z
  .strictObject({
    host: z.string().min(1),
    port: z.int().min(1).max(65535).default(5432),
    database: z.string().min(1),
    user: z.string().min(1).describe("The role that does the work: owner of the tables, or a member of it."),
    password: passwordSchema.optional(),
    passwordEnv: z.string().min(1).optional().describe("Name of the environment variable that holds the password."),
    passwordCommand: z
      .string()
      .min(1)
      .optional()
      .describe("A command that prints the password; keeps it out of state."),
    sslMode: z.enum(["disable", "prefer", "require", "verify-ca", "verify-full"]).optional(),
  })
  .describe(
    "A database server. The password comes from one of password, passwordEnv, passwordCommand, else from PGPASSWORD or PGPASSFILE.",
  );

/** The two ways to say where the database is; told apart by `file`, so that errors speak of the one that was meant. */
export const databaseSchemas = { file: fileSchema, server: serverSchema };

/** What an environment may change about a table; the rest is the program's. */
const overridesSchema = z.strictObject({
  window: z
    .strictObject({
      lead: z.union([spanOr("", "3 months"), z.strictObject({ until: z.string() })]).optional(),
      retention: spanOr("forever", "12 months").optional(),
      start: z.string().optional().describe("First instant that gets a partition, ISO 8601."),
    })
    .optional(),
  onExpire: onExpireSchema.optional(),
  grace: spanOr("none", "7 days").optional().describe("Time between detach and drop."),
  archive: archiveSchema.optional().describe('Where and how expired partitions are archived, with onExpire "archive".'),
  holds: holdsSchema.optional().describe("Ranges of time that nothing is done to."),
  approvedBy: z.string().min(1).optional().describe("Who has approved a shorter retention."),
  maxDropsPerUpdate: maxDropsSchema.optional(),
  confirmDrops: z
    .array(z.string())
    .optional()
    .describe("Retirements confirmed by their bounds, as preview printed them."),
  allowEmpty: z.array(z.string()).optional().describe("Dropped ranges that may come back empty, by their bounds."),
  restored: restoredSchema
    .optional()
    .describe("Archived ranges that are partitions again, read-only outside of the window."),
  allowRetireBetween: retireHoursSchema.optional().describe("Hours of the day in which partitions may leave."),
  requireBackupSince: backupSchema
    .optional()
    .describe("Nothing is dropped before a backup that began after the partition was detached."),
  paused: z.boolean().optional().describe("Stops every retirement, never the creation of partitions."),
  resources: resourcesSchema.optional(),
});
export type TableOverrides = z.infer<typeof overridesSchema>;

/** Keys of the project's own namespace, `pulumi-pgpartition:<key>` in the stack files. */
export const stackConfigSchema = z.strictObject({
  environment: z.enum(ENVIRONMENTS).describe("Which kind of environment this stack is."),
  database: z.union([fileSchema, serverSchema]),
  systems: z.array(z.enum(SYSTEM_NAMES)).min(1).describe("Whose tables this stack declares."),
  allTables: overridesSchema.optional().describe("What this environment changes about every table."),
  tables: z
    .strictObject(Object.fromEntries(TABLE_KEYS.map((key) => [key, overridesSchema.optional()])))
    .optional()
    .describe("What this environment changes about single tables; wins over allTables."),
  trustAsOf: z
    .boolean()
    .optional()
    .describe("Lets pgpartition:asOf decide what has expired. For tests and demonstrations."),
  allowDestroy: z
    .array(z.string().min(1))
    .optional()
    .describe("Tables (schema.table) that `pulumi destroy` may drop with all their rows."),
  maxBytesPerUpdate: sizeSchema
    .optional()
    .describe("What one update may archive or drop out of all tables together, such as 200 GB. Default: no limit."),
});
export type StackConfig = z.infer<typeof stackConfigSchema>;

/** Keys of the namespace `pgpartition:`, which every program with our components reads. */
export const clockConfigSchema = z.strictObject({
  asOf: z.string().optional().describe("The moment that all windows are planned for, ISO 8601. Default: now."),
});
