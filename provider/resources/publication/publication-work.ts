import { decodeProfile } from "../../../core/declare/table/profile";
import { formatTableId } from "../../../core/names/resource-id";
import type { Observation } from "../../../core/observed/observed-table";
import { type MembershipPlan, planLeave, planMembership } from "../../../core/plan/publish/membership";
import { refuseNotOwner } from "../../../core/plan/publish/membership-problems";
import { type MembershipContext, findPublication } from "../../../core/plan/publish/publication-to-be";
import type { PublicationMemberWire } from "../../../core/declare/table/publications";
import { nameMembershipTransaction } from "../../../core/table/create/publication";
import type { Statement } from "../../../core/sql/statement";
import { StatementError } from "../../../postgres/connect/session-errors";
import {
  assertEmptyPublicationStatement,
  assertFilterStatement,
  recordPublicationStatement,
} from "../../../postgres/registry/publication-records";
import { forgetNamedStatement } from "../../../postgres/registry/registry";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";
import { refuse } from "../shared/inputs";
import { isPlainAgain } from "../shared/plain-again";
import { findOwnershipProblems } from "../shared/table-problems";
import { showStatements } from "../shared/show";
import { createWorkContext } from "../shared/run-context";

/** Prefers this run's declaration of the table to the last recorded one. */
export function buildMembershipContext(
  runtime: Runtime,
  spec: PublicationMemberWire,
  observation: Observation,
): MembershipContext {
  return {
    spec,
    observation,
    profile: runtime.getProfile(spec) ?? decodeProfile(observation.registration?.profile),
    planned: runtime.planned.get(formatTableId(spec))?.parent,
  };
}

export async function previewPublication(
  ctx: ResourceContext,
  runtime: Runtime,
  spec: PublicationMemberWire,
): Promise<void> {
  const observation = await runtime.observe(spec);
  const plan = planMembership(buildMembershipContext(runtime, spec, observation));
  requireNoProblems(ctx, runtime, spec, observation, plan);
  runtime.addBeside(ctx, spec, plan.statements);
  showStatements(ctx, `publication ${spec.publication} of ${spec.schema}.${spec.table}:`, plan.statements, plan.notes);
}

/** Rounds in which another run may create or drop the publication between the read and the statement. */
const MAX_ROUNDS = 3;

/** Observes, decides, executes, observes: as the only writer of the table. Statements and record succeed or fail together. */
export function joinPublication(
  ctx: ResourceContext,
  runtime: Runtime,
  spec: PublicationMemberWire,
): Promise<Observation> {
  return runtime.database.withTableLock(spec.schema, spec.table, { signal: ctx.signal, log: ctx.log }, async () => {
    for (let round = 1; ; round += 1) {
      const observation = await runtime.observeAgain(spec);
      const plan = planMembership(buildMembershipContext(runtime, spec, observation));
      requireNoProblems(ctx, runtime, spec, observation, plan);
      runtime.addBeside(ctx, spec, plan.statements);
      try {
        await execute(ctx, runtime, spec, addRecord(runtime, spec, plan));
        if (plan.implicit) ctx.log.info(plan.notes.join("; "));
        return await runtime.observeAgain(spec);
      } catch (error) {
        if (round === MAX_ROUNDS || !hasChangedMeanwhile(error)) throw error;
      }
    }
  });
}

/** Drops the membership; of a released table, one of another stack, or one that is plain again, it is only forgotten. */
export function leavePublication(ctx: ResourceContext, runtime: Runtime, spec: PublicationMemberWire): Promise<void> {
  const { schema, table } = spec;
  return runtime.database.withTableLock(schema, table, { signal: ctx.signal, log: ctx.log }, async () => {
    const observation = await runtime.observeAgain(spec);
    if (findOwnershipProblems(spec, observation, runtime.getOwner(ctx)).length > 0) return;
    if (isPlainAgain(runtime, spec, observation)) return;
    const { leave, drop } = planLeave(spec, observation);
    const found = findPublication(observation, spec.publication);
    if (leave.length > 0 && found && !found.mine)
      refuse(`publication "${spec.publication}"`, [refuseNotOwner(observation.replication, found)]);
    const { managementSchema } = runtime.config;
    await execute(ctx, runtime, spec, [
      ...leave,
      ...(drop.length > 0 ? [assertEmptyPublicationStatement(managementSchema, spec.publication), ...drop] : []),
      ...(observation.registration
        ? [forgetNamedStatement(managementSchema, { ...spec, list: "publications", name: spec.publication })]
        : []),
    ]);
    runtime.database.invalidate(schema, table);
  });
}

function requireNoProblems(
  ctx: ResourceContext,
  runtime: Runtime,
  spec: PublicationMemberWire,
  observation: Observation,
  plan: MembershipPlan,
): void {
  const problems = [...findOwnershipProblems(spec, observation, runtime.getOwner(ctx)), ...plan.problems];
  if (problems.length > 0) refuse(`publication "${spec.publication}" of "${spec.schema}.${spec.table}"`, problems);
  if (observation.table || runtime.planned.has(formatTableId(spec))) return;
  throw new Refusal(`table "${spec.schema}.${spec.table}" does not exist; its Table resource creates it first`);
}

/** Adds the check and the record of the result, before another session can see it. */
function addRecord(runtime: Runtime, spec: PublicationMemberWire, plan: MembershipPlan): Statement[] {
  const { managementSchema } = runtime.config;
  const filtered = plan.statements.length > 0 && spec.where !== undefined;
  return [
    ...plan.statements,
    ...(filtered ? [assertFilterStatement(managementSchema, spec)] : []),
    recordPublicationStatement(managementSchema, spec, plan.makes),
  ];
}

async function execute(
  ctx: ResourceContext,
  runtime: Runtime,
  spec: PublicationMemberWire,
  statements: readonly Statement[],
): Promise<void> {
  const work = createWorkContext(runtime, ctx);
  const transaction = nameMembershipTransaction(spec, spec.publication);
  await work.database.execute(
    statements.map((statement) => ({ ...statement, transaction })),
    {
      signal: work.signal,
      log: work.log,
      subject: `changing publication "${spec.publication}" for table "${spec.schema}.${spec.table}"`,
    },
  );
}

/** Matches duplicate_object, unique_violation and undefined_object: the publication was created or dropped after the read. */
function hasChangedMeanwhile(error: unknown): boolean {
  return error instanceof StatementError && ["42710", "23505", "42704"].includes(error.sqlState ?? "");
}
