import { formatMemberId, parseMemberId } from "../../core/names/resource-id";
import { planMembership } from "../../core/plan/membership";
import { type PublicationMemberWire, publicationMemberWireSchema } from "../../core/spec/publications";
import { readWire } from "../../core/spec/wire";
import { listPublicationMembers } from "../../postgres/list-publication-members";
import type { ResourceContext } from "../context";
import { Refusal } from "../failures";
import type { ResourceHandler } from "../handler";
import type { Runtime } from "../runtime";
import { containsUnknown, type PropertyMap, UNKNOWN } from "../values";
import { declaredDiff, diffResult, failures, requireWire } from "./inputs";
import { FACTS, importedMembership, membershipOutputs } from "./publication-facts";
import { DeclaredSettings, renameProblems } from "./publication-problems";
import { joinPublication, leavePublication, membershipContext, previewPublication } from "./publication-work";
import { ownershipProblems } from "./table-problems";

const DECLARED = Object.keys(publicationMemberWireSchema.shape);

/**
 * The table's membership in one publication. Diff compares with the live database, so that one that was lost comes back with
 * the next update, whether somebody refreshed or not. Never a replacement: what differs is put right in one transaction.
 */
export function publicationMemberHandler(runtime: Runtime): ResourceHandler {
  const settings = new DeclaredSettings();
  const apply = async (ctx: ResourceContext, inputs: PropertyMap, preview: boolean): Promise<PropertyMap> => {
    const spec = requireWire(publicationMemberWireSchema, inputs);
    if (preview) {
      await previewPublication(ctx, runtime, spec);
      return { ...inputs, ...unknownFacts() };
    }
    const observation = await joinPublication(ctx, runtime, spec);
    const facts = membershipOutputs(spec, observation);
    if (!facts) throw new Error(`publication "${spec.publication}" is gone again: run \`pulumi up\` again`);
    return { ...inputs, ...facts, database: await runtime.identity() };
  };
  return {
    token: "pgpartition:index:PublicationMember",

    check: async (ctx, { olds, news }) => {
      if (containsUnknown(news)) return { inputs: news, failures: [] };
      const read = readWire(publicationMemberWireSchema, news);
      if ("problems" in read) return { inputs: news, failures: failures(read.problems) };
      const spec = read.value;
      const problems = [
        ...settings.declare(ctx.urn, spec, runtime.declare(ctx, idOf(spec))),
        ...(olds ? renameProblems(olds, spec) : []),
      ];
      const observation = await runtime.ifReachable(ctx, () => runtime.observe(spec));
      if (!observation) return { inputs: news, failures: failures(problems) };
      const plan = planMembership(membershipContext(runtime, spec, observation));
      for (const warning of plan.warnings) ctx.log.warn(warning);
      problems.push(...ownershipProblems(spec, observation, runtime.owner(ctx)), ...plan.problems);
      return { inputs: news, failures: failures(problems) };
    },

    /** What the database lacks decides; only where it cannot be reached, the declared values do. Check has just read it. */
    diff: async (ctx, { oldInputs, oldOutputs, news }) => {
      const declared = declaredDiff(oldInputs, news, DECLARED);
      if (containsUnknown(news)) return diffResult(declared);
      const spec = requireWire(publicationMemberWireSchema, news);
      const observation = await runtime.ifReachable(ctx, () => runtime.observe(spec));
      if (!observation) return diffResult(declared);
      const { statements } = planMembership(membershipContext(runtime, spec, observation));
      if (statements.length > 0) return diffResult({ ...declared, member: "update" });
      return diffResult(sameFacts(membershipOutputs(spec, observation), oldOutputs) ? {} : declared);
    },

    create: async (ctx, { inputs, preview }) => {
      const spec = requireWire(publicationMemberWireSchema, inputs);
      return { id: idOf(spec), outputs: await apply(ctx, inputs, preview) };
    },

    update: async (ctx, { news, oldOutputs, preview }) => {
      if (!preview) await runtime.requireSameDatabase(oldOutputs);
      return { outputs: await apply(ctx, news, preview) };
    },

    read: async (_ctx, { id, oldInputs, oldOutputs }) => {
      if (oldOutputs) await runtime.requireSameDatabase(oldOutputs);
      const member = parseMemberId(id);
      if (!member) throw new Refusal(`"${id}" is not the id of a membership; write schema.table#publication`);
      const observation = await runtime.observe(member);
      const inputs = oldInputs ?? importedMembership(member, observation);
      if (!inputs) return undefined;
      const facts = membershipOutputs(requireWire(publicationMemberWireSchema, inputs), observation);
      if (!facts) return undefined;
      return { id, inputs, outputs: { ...inputs, ...facts, database: await runtime.identity() } };
    },

    delete: async (ctx, { id, oldInputs, oldOutputs }) => {
      await runtime.requireSameDatabase(oldOutputs);
      if (runtime.renamed(ctx, id)) return;
      await leavePublication(ctx, runtime, requireWire(publicationMemberWireSchema, oldInputs));
    },

    list: async function* () {
      for (const found of await listPublicationMembers(runtime.database))
        yield { id: formatMemberId(found, found.publication), name: `${found.table}-publication-${found.publication}` };
    },
  };
}

function idOf(spec: PublicationMemberWire): string {
  return formatMemberId(spec, spec.publication);
}

/** Of an update that was killed after its statements nothing is left to do but to tell the state of them. */
function sameFacts(facts: PropertyMap | undefined, oldOutputs: PropertyMap): boolean {
  return facts === undefined || Object.keys(declaredDiff(oldOutputs, facts, FACTS)).length === 0;
}

function unknownFacts(): PropertyMap {
  return { implicit: UNKNOWN, publishes: UNKNOWN, viaPartitionRoot: UNKNOWN, made: UNKNOWN, database: UNKNOWN };
}
