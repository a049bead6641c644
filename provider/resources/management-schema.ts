import { quote } from "../../core/names/identifier";
import {
  describeManagementSchema,
  dropManagementSchema,
  ensureManagementSchema,
  MANAGEMENT_VERSION,
  ManagementSchemaError,
} from "../../postgres/management/install";
import { listRegistered } from "../../postgres/ownership";
import type { ResourceContext } from "../context";
import { Refusal } from "../failures";
import type { CreateRequest, ResourceHandler } from "../handler";
import type { Runtime } from "../runtime";
import { isUnknown, type PropertyMap, UNKNOWN } from "../values";
import { diffResult } from "./inputs";

/**
 * The schema of registry and ledger. Declared, never a side effect; a second stack adopts it; upgrades only add; a delete
 * is refused while tables of others are in it.
 */
export function managementSchemaHandler(runtime: Runtime): ResourceHandler {
  const apply = async (ctx: ResourceContext, inputs: PropertyMap, preview: boolean): Promise<PropertyMap> => {
    const schema = schemaOf(inputs);
    if (preview) {
      await runtime.ifReachable(ctx, () => previewSchema(ctx, runtime, schema));
      return { ...inputs, version: MANAGEMENT_VERSION, database: UNKNOWN };
    }
    const version = await ensureManagementSchema(runtime.database, { signal: ctx.signal, log: ctx.log });
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
      return { inputs: news, failures: [] };
    },

    /** Asks the database once for the whole stack whether it is still the one that the state was made with. */
    diff: async (ctx, { oldOutputs }) => {
      await runtime.ifReachable(ctx, () => runtime.requireSameDatabase(oldOutputs));
      const outdated = typeof oldOutputs["version"] === "number" && oldOutputs["version"] < MANAGEMENT_VERSION;
      return diffResult(outdated ? { version: "update" } : {});
    },

    create: async (ctx, { inputs, preview }: CreateRequest) => ({
      id: schemaOf(inputs),
      outputs: await apply(ctx, inputs, preview),
    }),

    update: async (ctx, { news, oldOutputs, preview }) => {
      if (!preview) await runtime.requireSameDatabase(oldOutputs);
      return { outputs: await apply(ctx, news, preview) };
    },

    read: async (_ctx, { id, oldOutputs }) => {
      if (id !== runtime.config.managementSchema) {
        throw new Refusal(
          `the provider is configured for management schema "${runtime.config.managementSchema}", not "${id}"`,
        );
      }
      if (oldOutputs) await runtime.requireSameDatabase(oldOutputs);
      const found = await describeManagementSchema(runtime.database);
      if (found.kind !== "ours") return undefined;
      const inputs = { schema: id };
      return { id, inputs, outputs: { ...inputs, version: found.version, database: await runtime.identity() } };
    },

    delete: async (ctx, { oldOutputs }) => {
      await runtime.requireSameDatabase(oldOutputs);
      await dropUnlessRemembering(ctx, runtime);
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

function schemaOf(inputs: PropertyMap): string {
  const schema = inputs["schema"];
  if (typeof schema !== "string") throw new Refusal("the name of the management schema is not known");
  return schema;
}
