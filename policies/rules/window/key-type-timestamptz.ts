import { type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { readWindow } from "../support/read-window";

interface KeyTypeConfig {
  /** Kinds of partition keys that a table may have. */
  readonly allowed: readonly string[];
  /** Tables that may have another one, as `schema.table`. */
  readonly exceptions: readonly string[];
}

const KINDS = ["timestamptz", "timestamp", "date", "epoch-s", "epoch-s-int4", "epoch-ms", "epoch-us", "uuidv7"];

export const keyTypeTimestamptz: Rule<KeyTypeConfig> = {
  name: "key-type-timestamptz",
  description: "The partition key is an instant, so that no session's time zone decides which partition a row is in.",
  severity: "medium",
  enforcementLevel: "advisory",
  remediation:
    "Give new tables a key of type timestamptz. The type of an existing key changes only by a migration: name the table in exceptions until then.",
  resourceType: WINDOW_TYPE,
  configProperties: {
    allowed: {
      type: "array",
      description: "Kinds of partition keys that a table may have.",
      items: { type: "string", enum: KINDS },
      default: ["timestamptz"],
    },
    exceptions: {
      type: "array",
      description: "Tables that may have another one, as `schema.table`.",
      items: { type: "string" },
      default: [],
    },
  },
  evaluate(properties, config) {
    const { table, keyKind, keyColumn } = readWindow(properties);
    if (keyKind === undefined || config.allowed.includes(keyKind) || config.exceptions.includes(table)) return [];
    return [
      `${table}: the key "${keyColumn ?? "?"}" is of kind ${keyKind}; allowed are ${config.allowed.join(", ") || "none"}. ${explainSettings(this.name, "the type of the column", "allowed or .exceptions")}`,
    ];
  },
};
