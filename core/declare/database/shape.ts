import { z } from "zod";

/** Settings whose values are judged elsewhere: by the provider, by the tables, by the component that takes them. */
const anything = z.unknown().optional();

const defaultsShape = {
  schema: anything,
  onExpire: anything,
  grace: anything,
  owner: anything,
  dataClass: anything,
  maxDropsPerUpdate: anything,
  resources: anything,
  paused: anything,
};

/**
 * Returns the shape of the arguments of a database, without what its tables declare.
 *
 * @param isLater true for a value that may be known only when the update runs
 */
export function createDatabaseSchema(isLater: (value: unknown) => boolean) {
  const orLater = (schema: z.ZodType) =>
    z
      .unknown()
      .superRefine((value, context) => {
        if (value === undefined || isLater(value)) return;
        const { error } = schema.safeParse(value, { reportInput: true });
        for (const issue of error?.issues ?? []) context.addIssue({ ...issue } as never);
      })
      .optional();
  const text = orLater(z.string());
  return z.strictObject({
    connection: z.strictObject({
      url: text,
      host: text,
      port: orLater(z.int().min(1).max(65_535)),
      database: text,
      user: text,
      password: text,
      passwordCommand: text,
      sslMode: text,
      sslRootCert: text,
    }),
    managementSchema: z.string().optional(),
    sizes: anything,
    tables: z.record(z.string(), z.looseObject({})),
    defaults: z.strictObject(defaultsShape).optional(),
    asOf: z.string().optional(),
    prerequisites: anything,
    trustAsOf: z.boolean().optional(),
    allowDestroy: z.array(z.string()).optional(),
    maxBytesPerUpdate: anything,
    lockTimeoutMs: anything,
    lockBudgetMs: anything,
    poolSize: anything,
  });
}
