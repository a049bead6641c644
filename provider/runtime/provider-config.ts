import { z } from "zod";
import { DEFAULT_MANAGEMENT_SCHEMA } from "../../core/defaults";
import { parseSize, SIZE_HINT } from "../../core/size";
import { formatPath } from "../../core/problems/shape-problems";
import { parseInstant } from "../../core/time/instant";
import type { Problem } from "./handler";
import { containsUnknown, type PropertyMap, type PropertyValue } from "./values";

/** Configuration of the provider, read from the engine's forms: strings, JSON in strings, or plain values. */
const parseJson = (value: unknown): unknown => {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
};

const text = z.string().min(1).optional();

const configSchema = z.object({
  url: text,
  host: text,
  port: z.preprocess(parseJson, z.number().int().min(1).max(65_535).optional()),
  database: text,
  user: text,
  password: z.string().optional(),
  passwordCommand: text,
  sslMode: z.enum(["disable", "prefer", "require", "verify-ca", "verify-full"]).optional(),
  sslRootCert: text,
  managementSchema: z.string().min(1).default(DEFAULT_MANAGEMENT_SCHEMA),
  trustAsOf: z.preprocess(parseJson, z.boolean().default(false)),
  asOf: z
    .string()
    .refine((value) => {
      try {
        parseInstant(value, "UTC");
        return true;
      } catch {
        return false;
      }
    }, "not an ISO 8601 time")
    .optional(),
  allowDestroy: z.preprocess(parseJson, z.array(z.string().min(1)).default([])),
  maxBytesPerUpdate: z
    .string()
    .refine((value) => parseSize(value) !== undefined, SIZE_HINT)
    .optional(),
  poolSize: z.preprocess(parseJson, z.number().int().min(2).max(20).optional()),
  lockTimeoutMs: z.preprocess(parseJson, z.number().int().min(10).max(1000).optional()),
  lockBudgetMs: z.preprocess(parseJson, z.number().int().min(100).optional()),
  version: z.string().optional(),
});

/** Removes undefined: unconfigured keys are absent. */
type Defined<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };
export type ProviderConfig = Defined<z.infer<typeof configSchema>>;

/** Inputs that must never appear in state, logs or errors. */
export const SECRET_CONFIG = ["url", "password"] as const;

/** Returns all problems of a configuration. Unknown values of a preview are left for later. */
export function findConfigProblems(config: PropertyMap): Problem[] {
  const parsed = configSchema.strict().safeParse(pickKnown(config));
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        property: key,
        reason: `the provider has no setting "${key}"; known are ${Object.keys(configSchema.shape).join(", ")}`,
      }));
    }
    return [{ property: formatPath(issue.path), reason: issue.message }];
  });
}

/** Reads a checked configuration. */
export function readConfig(config: PropertyMap): ProviderConfig {
  const parsed = configSchema.parse(pickKnown(config));
  return Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== undefined)) as ProviderConfig;
}

function pickKnown(config: PropertyMap): Record<string, PropertyValue> {
  return Object.fromEntries(
    Object.entries(config).filter(
      ([key, value]) => !key.startsWith("__") && value !== null && value !== "" && !containsUnknown(value),
    ),
  );
}

/** Selects the configuration that the database needs, without guards and clocks. */
export function pickConnectionConfig(
  config: ProviderConfig,
): Omit<ProviderConfig, "trustAsOf" | "allowDestroy" | "maxBytesPerUpdate" | "asOf" | "version"> {
  const {
    trustAsOf: _trust,
    allowDestroy: _allow,
    maxBytesPerUpdate: _bytes,
    asOf: _asOf,
    version: _version,
    ...connection
  } = config;
  return connection;
}
