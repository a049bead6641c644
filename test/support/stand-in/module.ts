// A provider of the test's own for the tokens of another package: it does what the real one would, through a real API.
import { isDeepStrictEqual } from "node:util";
import type { ResourceHandler } from "../../../provider/runtime/handler";
import type { ProviderFunction, ProviderModule } from "../../../provider/runtime/provider-module";
import { type PropertyMap, UNKNOWN } from "../../../provider/runtime/values";

/** What one type of resource is, in the API that stands behind it. */
export interface StandInType {
  readonly token: string;
  /** Outputs that nobody knows before it is made. */
  readonly computed?: readonly string[];
  /** Makes it as the inputs say, or changes it so; its id and further outputs. */
  put(inputs: PropertyMap, name: string): Promise<{ readonly id: string; readonly outputs?: PropertyMap }>;
  /** Its properties, as they are; undefined: there is none. Left out: what was put is taken for it. */
  get?(id: string): Promise<PropertyMap | undefined>;
  remove(id: string, inputs: PropertyMap): Promise<void>;
}

export interface StandIn {
  /** Of the package that it stands in for. */
  readonly name: string;
  readonly version: string;
  configure(config: PropertyMap): void;
  readonly types: readonly StandInType[];
  readonly functions?: Readonly<Record<string, ProviderFunction>>;
  close?(): Promise<void>;
}

export function standInModule(standIn: StandIn): ProviderModule {
  return {
    name: standIn.name,
    version: standIn.version,
    schema: () => "{}",
    checkConfig: (_ctx, { news }) => Promise.resolve({ inputs: news, failures: [] }),
    diffConfig: () => Promise.resolve({ changes: false, detailedDiff: {} }),
    configure: (_ctx, { config }) => {
      standIn.configure(config);
      return Promise.resolve();
    },
    handlers: standIn.types.map(handlerOf),
    functions: standIn.functions ?? {},
    cancel: () => Promise.resolve(),
    close: () => standIn.close?.() ?? Promise.resolve(),
  };
}

function handlerOf(type: StandInType): ResourceHandler {
  const unknown = Object.fromEntries((type.computed ?? []).map((property) => [property, UNKNOWN]));
  return {
    token: type.token,
    check: (_ctx, { news }) => Promise.resolve({ inputs: news, failures: [] }),
    diff: (_ctx, { oldInputs, news }) => {
      const keys = new Set([...Object.keys(oldInputs), ...Object.keys(news)]);
      const changed = [...keys].filter((key) => !isDeepStrictEqual(oldInputs[key], news[key]));
      const kinds = Object.fromEntries(changed.map((key) => [key, "update" as const]));
      return Promise.resolve({ changes: changed.length > 0, detailedDiff: kinds, stables: type.computed ?? [] });
    },
    create: async (ctx, { inputs, preview }) => {
      if (preview) return { id: "", outputs: { ...unknown, ...inputs } };
      const { id, outputs } = await type.put(inputs, ctx.name);
      return { id, outputs: { ...inputs, ...outputs } };
    },
    read: async (_ctx, { id, oldInputs, oldOutputs }) => {
      const found = type.get ? await type.get(id) : (oldOutputs ?? {});
      return found && { id, inputs: oldInputs ?? found, outputs: { ...oldOutputs, ...found } };
    },
    update: async (ctx, { news, oldOutputs, preview }) => {
      if (preview) return { outputs: { ...oldOutputs, ...news } };
      const { outputs } = await type.put(news, ctx.name);
      return { outputs: { ...news, ...outputs } };
    },
    delete: (_ctx, { id, oldInputs }) => type.remove(id, oldInputs),
  };
}
