import { MANAGEMENT_VERSION } from "../../../postgres/management/versions";
import {
  type ManagementSchemaWire,
  reportThresholds,
  areSameThresholds,
  type SizeThresholds,
} from "../../../core/monitoring/thresholds";
import { quote } from "../../../core/names/identifier";
import type { Problem as CoreProblem } from "../../../core/problems/problem";
import { managementSchemaType } from "../../../core/resources/management-schema";
import { readWire } from "../../../core/declare/table/wire";
import {
  listInstallStatements,
  describeManagementSchema,
  dropManagementSchema,
  ensureManagementSchema,
  explainMissingRight,
  ManagementSchemaError,
  type ManagementState,
} from "../../../postgres/management/install";
import { listRegistered } from "../../../postgres/read/ownership";
import {
  readSizeThresholds,
  recordSizeThresholds,
  recordThresholds,
} from "../../../postgres/management/size-thresholds";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal } from "../../runtime/failures";
import type { Problem } from "../../runtime/handler";
import type { Runtime } from "../../runtime/runtime";
import { containsUnknown, isUnknown, type PropertyMap } from "../../runtime/values";
import { defineResource, type Detail, type Parsed } from "../shared/define-resource";
import { toProperties } from "../shared/inputs";
import { showStatements } from "../shared/show";

/**
 * The schema of registry and ledger. Declared, never a side effect; a second stack adopts it; upgrades only add; a delete
 * is refused while it has tables of other stacks.
 */
export const managementSchema = defineResource(
  managementSchemaType,
  (runtime) => ({
    id: ({ schema }) => schema,
    declared: ["sizes"],
    withoutUnknowable: omitUnknownSizes,

    check: async (_ctx, { schema, sizes }, { olds }) => {
      const { managementSchema: configured } = runtime.config;
      if (schema !== configured) {
        const reason = `the provider is configured for management schema "${configured}"; use the same name in both places`;
        return { failures: [{ property: "schema", reason }] };
      }
      if (olds && olds["schema"] !== schema) {
        const reason = `the management schema cannot be renamed from "${String(olds["schema"])}": it holds the ledger of every table; restore the name`;
        return { failures: [{ property: "schema", reason }] };
      }
      const wrong: Problem[] = [];
      if (sizes)
        reportThresholds(sizes, (property, message, fix) => wrong.push({ property, reason: `${message} ${fix}` }));
      const right = olds ? undefined : await explainMissingRight(runtime.database);
      return { failures: [...wrong, ...(right === undefined ? [] : [{ property: "schema", reason: right }])] };
    },

    /** Checks once for the whole stack that the database is still the one in the state. */
    diff: async (_ctx, { sizes }, { oldOutputs, news }, declared) => {
      await runtime.requireSameDatabase(oldOutputs);
      const outdated = typeof oldOutputs["version"] === "number" && oldOutputs["version"] < MANAGEMENT_VERSION;
      return {
        ...(outdated ? { version: "update" } : {}),
        ...(isUnknown(news["sizes"]) ? declared : await findChangedThresholds(runtime, sizes)),
      };
    },

    preview: async (ctx, { schema, sizes }) => {
      await previewSchema(ctx, runtime, schema);
      await previewThresholds(ctx, runtime, sizes);
      return { version: MANAGEMENT_VERSION };
    },

    perform: async (ctx, { sizes }) => {
      const version = await ensureManagementSchema(runtime.database, { signal: ctx.signal, log: ctx.log });
      if (sizes) await recordSizeThresholds(runtime.database, sizes, { signal: ctx.signal, log: ctx.log });
      return { version };
    },

    observe: async (_ctx, { id, oldInputs }) => {
      const { managementSchema: configured } = runtime.config;
      if (id !== configured)
        throw new Refusal(`the provider is configured for management schema "${configured}", not "${id}"`);
      const found = await describeManagementSchema(runtime.database);
      if (found.kind !== "ours") return undefined;
      const sizes = oldInputs?.["sizes"] === undefined ? undefined : await readSizeThresholds(runtime.database);
      return { inputs: toProperties({ schema: id, sizes }), facts: { version: found.version } };
    },

    remove: (ctx) => dropUnlessRemembering(ctx, runtime),

    list: async function* () {
      const id = runtime.config.managementSchema;
      if ((await describeManagementSchema(runtime.database)).kind === "ours") yield { id, name: id };
    },
  }),
  parseNamed,
);

/** Reports a missing name explicitly, not by the shape alone: this is the first resource that a program declares. */
function parseNamed(inputs: PropertyMap): Parsed<ManagementSchemaWire> {
  if (inputs["schema"] === undefined || inputs["schema"] === "") return { problems: [UNNAMED] };
  return readWire(managementSchemaType.inputs, inputs);
}

const UNNAMED: CoreProblem = {
  path: "schema",
  code: "missing-property",
  message: "the name of the schema is missing.",
  fix: "Use the provider's managementSchema.",
};

/** Removes unknown sizes, so that the name is checked anyway. */
function omitUnknownSizes(inputs: PropertyMap): PropertyMap {
  const { sizes, ...others } = inputs;
  return containsUnknown(sizes) ? others : inputs;
}

/**
 * Drops the schema. Managed tables prevent that. Tables that were released, or detached to be retained, do not: no other stack
 * can release them, so the schema is then retained as their only record.
 */
async function dropUnlessRemembering(ctx: ResourceContext, runtime: Runtime): Promise<void> {
  try {
    await dropManagementSchema(runtime.database, { stack: runtime.getOwner(ctx), signal: ctx.signal, log: ctx.log });
  } catch (error) {
    if (!(error instanceof ManagementSchemaError)) throw error;
    if ((await listRegistered(runtime.database)).some((table) => table.mode === "managed")) throw error;
    ctx.log.warn(
      `management schema ${quote(runtime.config.managementSchema)} is left in the database, with the history of tables that still exist unmanaged; only the state forgets it`,
    );
  }
}

async function previewSchema(ctx: ResourceContext, runtime: Runtime, schema: string): Promise<void> {
  const found = await describeManagementSchema(runtime.database);
  const show = (state: ManagementState, verb: string): void => {
    const statements = listInstallStatements(state, schema);
    const heading = `management schema ${quote(schema)}: ${statements.length} statements ${verb} it, all of them in it`;
    ctx.log.record({ heading, statements });
    ctx.log.info(heading);
  };
  switch (found.kind) {
    case "foreign":
      throw new Refusal(
        `schema ${quote(schema)} exists and is not managed by pgpartition: ${found.reason}. Choose another managementSchema, or remove it`,
      );
    case "ours":
      ctx.log.debug(`management schema ${quote(schema)} exists (version ${found.version}): adopted`);
      if (found.version < MANAGEMENT_VERSION) show(found, "upgrade");
      return;
    case "absent":
      show(found, "create");
  }
}

async function previewThresholds(
  ctx: ResourceContext,
  runtime: Runtime,
  sizes: SizeThresholds | undefined,
): Promise<void> {
  if (!sizes || !(await hasOtherThresholds(runtime, sizes))) return;
  showStatements(ctx, "sizes by which partitions are judged", [
    recordThresholds(runtime.config.managementSchema, sizes),
  ]);
}

/** Reads the recorded thresholds from the database, so that outside changes are seen without a refresh. */
async function findChangedThresholds(runtime: Runtime, sizes: SizeThresholds | undefined): Promise<Detail> {
  if (!sizes) return {};
  return (await hasOtherThresholds(runtime, sizes)) ? { sizes: "update" } : {};
}

async function hasOtherThresholds(runtime: Runtime, sizes: SizeThresholds): Promise<boolean> {
  const found = await readSizeThresholds(runtime.database);
  return found === undefined || !areSameThresholds(found, sizes);
}
