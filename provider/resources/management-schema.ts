import { quote } from "../../core/names/identifier";
import {
  describeManagementSchema,
  dropManagementSchema,
  ensureManagementSchema,
  MANAGEMENT_VERSION,
  ManagementSchemaError,
} from "../../postgres/management/install";
import {
  managementSchemaWireSchema,
  reportThresholds,
  sameThresholds,
  type SizeThresholds,
} from "../../core/monitoring/thresholds";
import { readWire } from "../../core/spec/wire";
import { listRegistered } from "../../postgres/ownership";
import { readSizeThresholds, recordSizeThresholds, recordThresholds } from "../../postgres/size-thresholds";
import type { ResourceContext } from "../context";
import { Refusal } from "../failures";
import type { CreateRequest, DiffKind, Problem, ResourceHandler } from "../handler";
import type { Runtime } from "../runtime";
import { isUnknown, type PropertyMap, UNKNOWN } from "../values";
import { asProperties, declaredDiff, diffResult, failures, requireWire } from "./inputs";
import { showStatements } from "./show";

/**
 * The schema of registry and ledger. Declared, never a side effect; a second stack adopts it; upgrades only add; a delete
 * is refused while tables of others are in it.
 */
export function managementSchemaHandler(runtime: Runtime): ResourceHandler {
  const apply = async (ctx: ResourceContext, inputs: PropertyMap, preview: boolean): Promise<PropertyMap> => {
    const schema = schemaOf(inputs);
    if (preview) {
      await runtime.ifReachable(ctx, () => previewSchema(ctx, runtime, schema));
      await runtime.ifReachable(ctx, () => previewThresholds(ctx, runtime, sizesOf(inputs)));
      return { ...inputs, version: MANAGEMENT_VERSION, database: UNKNOWN };
    }
    const version = await ensureManagementSchema(runtime.database, { signal: ctx.signal, log: ctx.log });
    const sizes = sizesOf(inputs);
    if (sizes) await recordSizeThresholds(runtime.database, sizes, { signal: ctx.signal, log: ctx.log });
    return { ...inputs, version, database: await runtime.identity() };
  };
  return {
    token: "pgpartition:index:ManagementSchema",

    check: async (_ctx, { olds, news }) => {
      const schema = news["schema"];
      if (typeof schema !== "string" || schema === "") {
        return {
          inputs: news,
          failures: isUnknown(schema ?? null)
            ? []
            : [{ property: "schema", reason: "the name of the schema is missing" }],
        };
      }
      if (schema !== runtime.config.managementSchema) {
        const reason = `the provider is configured for management schema "${runtime.config.managementSchema}"; use the same name in both places`;
        return { inputs: news, failures: [{ property: "schema", reason }] };
      }
      if (olds && olds["schema"] !== schema) {
        const reason = `the management schema cannot be renamed from "${String(olds["schema"])}": it holds the ledger of every table; keep the name`;
        return { inputs: news, failures: [{ property: "schema", reason }] };
      }
      if (isUnknown(news["sizes"] ?? null)) return { inputs: news, failures: [] };
      const read = readWire(managementSchemaWireSchema, news);
      if ("problems" in read) return { inputs: news, failures: failures(read.problems) };
      const wrong: Problem[] = [];
      const { sizes } = read.value;
      if (sizes)
        reportThresholds(sizes, (property, message, fix) => wrong.push({ property, reason: `${message} ${fix}` }));
      return { inputs: news, failures: wrong };
    },

    /** Asks the database once for the whole stack whether it is still the one that the state was made with. */
    diff: async (ctx, { oldInputs, oldOutputs, news }) => {
      await runtime.ifReachable(ctx, () => runtime.requireSameDatabase(oldOutputs));
      const outdated = typeof oldOutputs["version"] === "number" && oldOutputs["version"] < MANAGEMENT_VERSION;
      const sizes = await changedThresholds(ctx, runtime, oldInputs, news);
      return diffResult({ ...(outdated ? { version: "update" } : {}), ...sizes });
    },

    create: async (ctx, { inputs, preview }: CreateRequest) => ({
      id: schemaOf(inputs),
      outputs: await apply(ctx, inputs, preview),
    }),

    update: async (ctx, { news, oldOutputs, preview }) => {
      if (!preview) await runtime.requireSameDatabase(oldOutputs);
      return { outputs: await apply(ctx, news, preview) };
    },

    read: async (_ctx, { id, oldInputs, oldOutputs }) => {
      if (id !== runtime.config.managementSchema) {
        throw new Refusal(
          `the provider is configured for management schema "${runtime.config.managementSchema}", not "${id}"`,
        );
      }
      if (oldOutputs) await runtime.requireSameDatabase(oldOutputs);
      const found = await describeManagementSchema(runtime.database);
      if (found.kind !== "ours") return undefined;
      const sizes = oldInputs?.["sizes"] === undefined ? undefined : await readSizeThresholds(runtime.database);
      const inputs = { schema: id, ...(sizes ? { sizes: asProperties(sizes) } : {}) };
      return { id, inputs, outputs: { ...inputs, version: found.version, database: await runtime.identity() } };
    },

    delete: async (ctx, { oldOutputs }) => {
      await runtime.requireSameDatabase(oldOutputs);
      await dropUnlessRemembering(ctx, runtime);
    },

    list: async function* () {
      const id = runtime.config.managementSchema;
      if ((await describeManagementSchema(runtime.database)).kind === "ours") yield { id, name: id };
    },
  };
}

/**
 * Tables that somebody manages stop a destroy. Tables that were released, or detached to be kept, do not: nobody else can
 * let go of them, so the schema stays for them as the memory of what they are.
 */
async function dropUnlessRemembering(ctx: ResourceContext, runtime: Runtime): Promise<void> {
  try {
    await dropManagementSchema(runtime.database, { stack: runtime.owner(ctx), signal: ctx.signal, log: ctx.log });
  } catch (error) {
    if (!(error instanceof ManagementSchemaError)) throw error;
    if ((await listRegistered(runtime.database)).some((table) => table.mode === "managed")) throw error;
    ctx.log.warn(
      `management schema ${quote(runtime.config.managementSchema)} is left in place: it is forgotten here, and keeps the history of tables that still exist and that nobody manages`,
    );
  }
}

async function previewSchema(ctx: ResourceContext, runtime: Runtime, schema: string): Promise<void> {
  const found = await describeManagementSchema(runtime.database);
  switch (found.kind) {
    case "foreign":
      throw new Refusal(
        `schema ${quote(schema)} exists and is not ours: ${found.reason}. Choose another managementSchema, or remove it`,
      );
    case "ours":
      ctx.log.debug(`management schema ${quote(schema)} exists (version ${found.version}): adopted`);
      return;
    case "absent":
      ctx.log.debug(`management schema ${quote(schema)} will be made`);
  }
}

async function previewThresholds(
  ctx: ResourceContext,
  runtime: Runtime,
  sizes: SizeThresholds | undefined,
): Promise<void> {
  if (!sizes || !(await thresholdsDiffer(runtime, sizes))) return;
  showStatements(ctx, "sizes by which partitions are judged", [
    recordThresholds(runtime.config.managementSchema, sizes),
  ]);
}

/** Asked of the database, so that what somebody else recorded is seen without a refresh. */
async function changedThresholds(
  ctx: ResourceContext,
  runtime: Runtime,
  oldInputs: PropertyMap,
  news: PropertyMap,
): Promise<Record<string, DiffKind>> {
  if (isUnknown(news["sizes"] ?? null)) return declaredDiff(oldInputs, news, ["sizes"]);
  const sizes = sizesOf(news);
  if (!sizes) return {};
  const differ = await runtime.ifReachable(ctx, () => thresholdsDiffer(runtime, sizes));
  return differ === true ? { sizes: "update" } : {};
}

async function thresholdsDiffer(runtime: Runtime, sizes: SizeThresholds): Promise<boolean> {
  const found = await readSizeThresholds(runtime.database);
  return found === undefined || !sameThresholds(found, sizes);
}

function sizesOf(inputs: PropertyMap): SizeThresholds | undefined {
  return isUnknown(inputs["sizes"] ?? null) ? undefined : requireWire(managementSchemaWireSchema, inputs).sizes;
}

function schemaOf(inputs: PropertyMap): string {
  const schema = inputs["schema"];
  if (typeof schema !== "string") throw new Refusal("the name of the management schema is not known");
  return schema;
}
