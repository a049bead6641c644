import type { KnownProperties } from "./rule";

/** Properties of a Table that the rules about access read. */
interface TableAccess {
  /** `schema.table`, for messages. */
  readonly table: string;
  readonly schema: string | undefined;
  /** Schema of its partitions. */
  readonly partitionSchema: string | undefined;
  /** Undefined: not declared. */
  readonly rowSecurity: Readonly<Record<string, unknown>> | undefined;
  /** True if known only during the update. */
  readonly unknown: boolean;
}

/** Reads defensively: when Check refuses a resource, policies still see it, with arbitrary properties. */
export function readTable({ values, unknown }: KnownProperties): TableAccess {
  const profile = readRecord(values["profile"]);
  const schema = readText(values["schema"]);
  return {
    table: `${schema ?? "?"}.${readText(values["table"]) ?? "?"}`,
    schema,
    partitionSchema: readText(profile?.["schema"]) ?? schema,
    rowSecurity: readRecord(profile?.["rowSecurity"]),
    unknown: ["schema", "profile"].some((property) => unknown.includes(property)),
  };
}

/** Configuration, shared by several rules, of the schemas that an API exposes. */
export const EXPOSED_SCHEMAS = {
  type: "array",
  description: "Schemas whose tables and views an API shows to roles of its users.",
  items: { type: "string" },
  default: ["api"],
} as const;

function readRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function readText(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}
