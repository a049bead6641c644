import { PUBLICATION_TYPE, type Rule, explainSettings } from "../support/rule";
import { readMember } from "../support/read-member";

interface PublicationRowSecurityConfig {
  /** Publications whose readers check row security themselves. */
  readonly checkedByReader: readonly string[];
}

export const publicationRowSecurity: Rule<PublicationRowSecurityConfig> = {
  name: "publication-row-security",
  description: "A table with row-level security is not published whole: a stream of changes applies no policies.",
  severity: "high",
  enforcementLevel: "advisory",
  remediation: "Declare a row filter (publications.<name>.where), or publish a table without row security.",
  resourceType: PUBLICATION_TYPE,
  configProperties: {
    checkedByReader: {
      type: "array",
      description: "Publications whose readers check row security themselves, as Supabase Realtime does.",
      items: { type: "string" },
      default: ["supabase_realtime"],
    },
  },
  evaluate(properties, config) {
    const { table, publication, rowSecurity, where } = readMember(properties);
    if (!rowSecurity || where !== undefined || publication === undefined) return [];
    if (config.checkedByReader.includes(publication)) return [];
    return [
      `${table}: publication "${publication}" sends every row of it, whatever its policies, to every reader of the publication. ${explainSettings(this.name, `publications.${publication}.where`, "checkedByReader")}`,
    ];
  },
};
