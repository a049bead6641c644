import { SSL_MODES } from "../../postgres/connect/url";
import type { ProviderConfig } from "../runtime/config";
import { SECRET_CONFIG } from "../runtime/config";
import type { NamedTypes } from "./convert";
import type { Properties, PropertySpec, TypeSpec } from "./model";

/** Without `version`, which the engine adds itself. */
type ConfigKey = Exclude<keyof ProviderConfig, "version">;

type Kind<T> = T extends readonly string[]
  ? "strings"
  : T extends number
    ? "integer"
    : T extends boolean
      ? "boolean"
      : "string";

/** Kinds of the settings: the compiler compares keys and kinds with provider/runtime/config.ts. */
const KINDS: { readonly [K in ConfigKey]-?: Kind<NonNullable<ProviderConfig[K]>> } = {
  url: "string",
  host: "string",
  port: "integer",
  database: "string",
  user: "string",
  password: "string",
  passwordCommand: "string",
  sslMode: "string",
  sslRootCert: "string",
  managementSchema: "string",
  trustAsOf: "boolean",
  asOf: "string",
  allowDestroy: "strings",
  maxBytesPerUpdate: "string",
  poolSize: "integer",
  lockTimeoutMs: "integer",
  lockBudgetMs: "integer",
};

/** Returns the settings of the provider: inputs of an explicit one, and keys of stack configuration for the default one. */
export function configProperties(types: NamedTypes): Properties {
  return Object.fromEntries(
    Object.entries(KINDS).map(([key, kind]): [string, PropertySpec] => [
      key,
      {
        ...(key === "sslMode" ? types.addWords("SslMode", SSL_MODES) : typeOf(kind)),
        description: types.texts.property("Provider", key),
        ...(SECRET_CONFIG.some((secret) => secret === key) ? { secret: true } : {}),
      },
    ]),
  );
}

function typeOf(kind: "string" | "integer" | "boolean" | "strings"): TypeSpec {
  return kind === "strings" ? { type: "array", items: { type: "string" } } : { type: kind };
}
