import { version } from "../package.json";
import { PRINT_PLAN } from "../core/resources/print-plan";
import { PLAN_PARTITIONS } from "../core/resources/plan-partitions";
import type { CallContext } from "./runtime/call-context";
import { findConfigProblems, readConfig, SECRET_CONFIG } from "./runtime/provider-config";
import { getPartitions } from "./functions/get-partitions";
import { printPlan } from "./functions/print-plan";
import { planPartitions } from "./functions/plan-partitions";
import type { DiffKind } from "./runtime/handler";
import type { ProviderModule } from "./runtime/provider-module";
import { diffDeclared, toDiffResult } from "./resources/shared/inputs";
import { RESOURCES } from "./resource-list";
import { formerFunctionAliases } from "./resources/schedule/function-aliases";
import { Runtime } from "./runtime/runtime";
import { getSchemaText } from "./package-schema";
import { TableQueue } from "./runtime/table-queue";
import { listSecrets } from "../postgres/connect/database-config";
import type { PropertyMap } from "./runtime/values";

/** Creates the product's provider: its resources and the runtime that they alone share in this process. */
export function createProviderModule(): ProviderModule {
  const runtime = new Runtime(process.env);
  const queue = new TableQueue();
  return {
    name: "pgpartition",
    version,
    schema: getSchemaText,

    checkConfig: async (ctx, { news }) => {
      hideSecrets(ctx, news);
      return {
        inputs: news,
        failures: findConfigProblems(news),
        secrets: SECRET_CONFIG.filter((key) => key in news).map((key) => [key]),
      };
    },

    /** A changed host or password is an update. A replacement would replace every table of the database: never. */
    diffConfig: async (_ctx, { oldInputs, news }) => {
      const diff: Record<string, DiffKind> = diffDeclared(
        oldInputs,
        news,
        [...new Set([...Object.keys(oldInputs), ...Object.keys(news)])].filter((key) => !key.startsWith("__")),
      );
      return toDiffResult(diff);
    },

    configure: async (ctx, { config }) => {
      hideSecrets(ctx, config);
      runtime.configure(readConfig(config), (secret) => ctx.redact(secret));
    },

    handlers: [...RESOURCES.map((resource) => resource.handler(runtime, queue)), formerFunctionAliases],

    functions: {
      "pgpartition:index:getPartitions": getPartitions(runtime),
      [PLAN_PARTITIONS]: planPartitions(runtime),
      [PRINT_PLAN]: printPlan(runtime),
    },

    cancel: async () => {
      await runtime.databaseIfAny?.cancelAll();
    },

    close: async () => {
      await runtime.databaseIfAny?.close();
    },
  };
}

function hideSecrets(ctx: CallContext, config: PropertyMap): void {
  if (findConfigProblems(config).length > 0) {
    for (const key of SECRET_CONFIG) if (typeof config[key] === "string") ctx.redact(config[key]);
    return;
  }
  for (const secret of listSecrets(readConfig(config))) ctx.redact(secret);
}
