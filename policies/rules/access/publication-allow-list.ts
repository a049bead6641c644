import { PUBLICATION_TYPE, type Rule, explainSettings } from "../support/rule";
import { readMember } from "../support/read-member";

interface PublicationAllowListConfig {
  /** Publications that a table may be a member of. */
  readonly allowed: readonly string[];
  /** The same for single data classes. */
  readonly byDataClass: Readonly<Record<string, readonly string[]>>;
}

/** Matches every publication. */
const ANY = "*";

export const publicationAllowList: Rule<PublicationAllowListConfig> = {
  name: "publication-allow-list",
  description: "Tables are in a publication only if it is allowed for their data class.",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation: "Remove the publication from the table, or allow it by name for this environment.",
  resourceType: PUBLICATION_TYPE,
  configProperties: {
    allowed: {
      type: "array",
      description: `Publications that a table may be a member of, by name; "${ANY}" is any.`,
      items: { type: "string" },
      default: [ANY],
    },
    byDataClass: {
      type: "object",
      description:
        'The same for single data classes, in place of `allowed`, for example { "audit": ["siem"] }; an empty list is none.',
      additionalProperties: { type: "array", items: { type: "string" } },
      default: { personal: [] },
    },
  },
  evaluate(properties, config) {
    const member = readMember(properties);
    const { table, publication, dataClass } = member;
    if (publication === undefined) return [`${table}: its publication is not known yet, so it cannot be allowed.`];
    const ofClass = dataClass === undefined ? undefined : config.byDataClass[dataClass];
    const allowed = ofClass ?? config.allowed;
    if (allowed.includes(ANY) || allowed.includes(publication)) return [];
    const whose = ofClass === undefined ? "tables" : `data of class "${dataClass ?? ""}"`;
    const key = ofClass === undefined ? "allowed" : `byDataClass.${dataClass ?? ""}`;
    const names = allowed.length === 0 ? "none" : allowed.map((name) => `"${name}"`).join(", ");
    return [
      `${table}: it is a member of publication "${publication}"; allowed for ${whose}: ${names}. ${explainSettings(this.name, "publications", key)}`,
    ];
  },
};
