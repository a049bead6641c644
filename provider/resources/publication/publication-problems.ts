import type { Problem } from "../../../core/problems/problem";
import type { PublicationMemberWire } from "../../../core/declare/table/publications";
import type { PropertyMap } from "../../runtime/values";

/** Settings of a whole publication, as the tables of one program declare them. Two that disagree would change it every time. */
export class DeclaredSettings {
  private readonly byUrn = new Map<string, PublicationMemberWire>();

  declare(urn: string, spec: PublicationMemberWire): Problem[] {
    this.byUrn.set(urn, spec);
    const others = [...this.byUrn].filter(
      ([other, declared]) => other !== urn && declared.publication === spec.publication,
    );
    const root = others.find(([, { viaRoot }]) => disagree(viaRoot, spec.viaRoot))?.[1];
    const changes = others.find(([, { create }]) => disagree(create?.publish.join(), spec.create?.publish.join()))?.[1];
    return [
      ...(root ? [contradiction("viaRoot", spec, root)] : []),
      ...(changes ? [contradiction("create.publish", spec, changes)] : []),
    ];
  }
}

export function renameProblems(olds: PropertyMap, spec: PublicationMemberWire): Problem[] {
  return (["schema", "table", "publication"] as const).flatMap((property) =>
    olds[property] === spec[property]
      ? []
      : [
          {
            path: property,
            code: "conflict" as const,
            message: `the ${property} of this membership changed from "${String(olds[property])}" to "${spec[property]}"; one membership is never replaced by another.`,
            fix: "Declare the new one under another name, and remove the old.",
          },
        ],
  );
}

function disagree<T>(one: T | undefined, other: T | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

function contradiction(path: string, spec: PublicationMemberWire, other: PublicationMemberWire): Problem {
  return {
    path,
    code: "conflict",
    message: `"${spec.schema}.${spec.table}" and "${other.schema}.${other.table}" declare different ${path} for the publication "${spec.publication}", which has one setting for all its tables.`,
    fix: "Declare the same for both, or use two publications.",
  };
}
