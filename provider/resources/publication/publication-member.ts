import { formatMemberId, parseMemberId } from "../../../core/names/resource-id";
import { planMembership } from "../../../core/plan/publish/membership";
import { publicationMemberType } from "../../../core/resources/publication-member";
import { listPublicationMembers } from "../../../postgres/read/list-tables";
import { Refusal } from "../../runtime/failures";
import type { PropertyMap } from "../../runtime/values";
import { defineResource } from "../shared/define-resource";
import { toProperties, diffDeclared, toFailures, requireWire } from "../shared/inputs";
import { importMembership, collectMembershipFacts, type MembershipFacts } from "./publication-facts";
import { joinPublication, leavePublication, buildMembershipContext, previewPublication } from "./publication-work";
import { findOwnershipProblems } from "../shared/table-problems";
import type { Problem } from "../../../core/problems/problem";
import type { PublicationMemberWire } from "../../../core/declare/table/publications";

/**
 * The table's membership in one publication. Diff compares with the live database, so that a lost one is restored by the next
 * update, with or without a refresh. Never a replacement: differences are corrected in one transaction.
 */
export const publicationMember = defineResource(publicationMemberType, (runtime) => {
  const settings = new DeclaredSettings();
  return {
    id: (spec) => formatMemberId(spec, spec.publication),
    declaredOnce: ({ schema, table, publication }) => ({
      property: "publication",
      subject: `the membership of "${schema}.${table}" in "${publication}"`,
    }),

    check: async (ctx, spec, { olds }) => {
      const problems = [...settings.declare(ctx.urn, spec), ...(olds ? findRenameProblems(olds, spec) : [])];
      const observation = await runtime.observe(spec);
      const plan = planMembership(buildMembershipContext(runtime, spec, observation));
      for (const warning of plan.warnings) ctx.log.warn(warning);
      const owned = findOwnershipProblems(spec, observation, runtime.getOwner(ctx));
      return { failures: toFailures([...problems, ...owned, ...plan.problems]) };
    },

    /** Compares with the database, which Check has just read. */
    diff: async (_ctx, spec, { oldOutputs }, declared) => {
      const observation = await runtime.observe(spec);
      const { statements } = planMembership(buildMembershipContext(runtime, spec, observation));
      if (statements.length > 0) return { ...declared, member: "update" };
      return hasSameFacts(collectMembershipFacts(spec, observation), oldOutputs) ? {} : declared;
    },

    preview: async (ctx, spec) => {
      await previewPublication(ctx, runtime, spec);
      return {};
    },

    perform: async (ctx, spec) => {
      const facts = collectMembershipFacts(spec, await joinPublication(ctx, runtime, spec));
      if (!facts) throw new Error(`publication "${spec.publication}" is gone again: run \`pulumi up\` again`);
      return facts;
    },

    observe: async (_ctx, { id, oldInputs }) => {
      const member = parseMemberId(id);
      if (!member) throw new Refusal(`"${id}" is not the id of a membership; write schema.table#publication`);
      const observation = await runtime.observe(member);
      const inputs = oldInputs ?? importMembership(member, observation);
      const facts = inputs && collectMembershipFacts(requireWire(publicationMemberType.inputs, inputs), observation);
      return inputs && facts && { inputs, facts };
    },

    remove: (ctx, spec) => leavePublication(ctx, runtime, spec),

    list: async function* () {
      for (const found of await listPublicationMembers(runtime.database))
        yield { id: formatMemberId(found, found.publication), name: `${found.table}-publication-${found.publication}` };
    },
  };
});

/** Returns false if only the state is out of date, as after an update that was killed after its statements. */
function hasSameFacts(facts: MembershipFacts | undefined, oldOutputs: PropertyMap): boolean {
  return (
    facts === undefined || Object.keys(diffDeclared(oldOutputs, toProperties(facts), Object.keys(facts))).length === 0
  );
}

/** Settings of a whole publication, as the tables of one program declare them. Two that disagree would change it every time. */
class DeclaredSettings {
  private readonly byUrn = new Map<string, PublicationMemberWire>();

  declare(urn: string, spec: PublicationMemberWire): Problem[] {
    this.byUrn.set(urn, spec);
    const others = [...this.byUrn].filter(
      ([other, declared]) => other !== urn && declared.publication === spec.publication,
    );
    const root = others.find(([, { viaRoot }]) => disagree(viaRoot, spec.viaRoot))?.[1];
    const changes = others.find(([, { create }]) => disagree(create?.publish.join(), spec.create?.publish.join()))?.[1];
    return [
      ...(root ? [refuseContradiction("viaRoot", spec, root)] : []),
      ...(changes ? [refuseContradiction("create.publish", spec, changes)] : []),
    ];
  }
}

function findRenameProblems(olds: PropertyMap, spec: PublicationMemberWire): Problem[] {
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

function refuseContradiction(path: string, spec: PublicationMemberWire, other: PublicationMemberWire): Problem {
  return {
    path,
    code: "conflict",
    message: `"${spec.schema}.${spec.table}" and "${other.schema}.${other.table}" declare different ${path} for the publication "${spec.publication}", which has one setting for all its tables.`,
    fix: "Declare the same for both, or use two publications.",
  };
}
