import type { KnownProperties } from "./rule";

/** Properties of a PublicationMember that the rules read. Undefined: not declared, or not known yet. */
interface MemberProperties {
  /** `schema.table`, for messages. */
  readonly table: string;
  readonly publication: string | undefined;
  readonly where: string | undefined;
  readonly dataClass: string | undefined;
  readonly rowSecurity: boolean;
}

export function readMember({ values }: KnownProperties): MemberProperties {
  const readText = (key: string): string | undefined => {
    const value = values[key];
    return typeof value === "string" && value.trim() !== "" ? value : undefined;
  };
  return {
    table: `${readText("schema") ?? "?"}.${readText("table") ?? "?"}`,
    publication: readText("publication"),
    where: readText("where"),
    dataClass: readText("dataClass"),
    rowSecurity: values["rowSecurity"] === true,
  };
}
