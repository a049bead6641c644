import { z } from "zod";
import { SIZE_HINT } from "../core/size";
import { collectShapes } from "../core/declare/option/option";
import { RETIREMENT } from "../core/declare/retention/retirement";
import { UPKEEP } from "../core/declare/window/upkeep";
import { WINDOW } from "../core/declare/window/window";
import { SYSTEM_NAMES, TABLE_KEYS } from "./tables";

/**
 * The configuration of a stack, and the only list of its keys. Types and words are checked here, values (spans, times) by the
 * table's own rules once they are merged into their table.
 */
const ENVIRONMENTS = ["dev", "staging", "prod"] as const;

const sizeSchema = z.templateLiteral([z.number(), " ", z.enum(["kB", "MB", "GB", "TB"])], { error: SIZE_HINT });

/** Password of a stack, the only secret of its configuration. */
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
      .describe("A command that prints the password, so that it is in no state."),
    sslMode: z.enum(["disable", "prefer", "require", "verify-ca", "verify-full"]).optional(),
  })
  .describe(
    "A database server. The password comes from one of password, passwordEnv, passwordCommand, else from PGPASSWORD or PGPASSFILE.",
  );

/** The two forms of the database setting; distinguished by `file`, so that errors refer to the intended one. */
export const databaseSchemas = { file: fileSchema, server: serverSchema };

/** Settings of a table that an environment may change; the rest belongs to the program. */
const overridesSchema = z
  .strictObject({
    window: z.strictObject(collectShapes(WINDOW)).partial(),
    ...collectShapes(RETIREMENT),
    ...collectShapes(UPKEEP),
  })
  .partial();
export type TableOverrides = z.infer<typeof overridesSchema>;

/** Keys of the project's own namespace, `pulumi-pgpartition:<key>` in the stack files. */
export const stackConfigSchema = z.strictObject({
  environment: z.enum(ENVIRONMENTS).describe("Which kind of environment this stack is."),
  database: z.union([fileSchema, serverSchema]),
  systems: z.array(z.enum(SYSTEM_NAMES)).min(1).describe("Whose tables this stack declares."),
  allTables: overridesSchema.optional().describe("Changes of this environment to every table."),
  tables: z
    .strictObject(Object.fromEntries(TABLE_KEYS.map((key) => [key, overridesSchema.optional()])))
    .optional()
    .describe("Changes of this environment to single tables; they override allTables."),
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

/** Keys of the namespace `pgpartition:`, which every program with these components reads. */
export const clockConfigSchema = z.strictObject({
  asOf: z.string().optional().describe("The moment that all windows are planned for, ISO 8601. Default: now."),
});
