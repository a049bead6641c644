import {
  listArrivingNames,
  type Differences,
  findDifferences,
  isEqual,
  listUnsettled,
} from "../../../core/table/alter/alteration";
import { collectQuestion } from "../../../core/table/alter/facts";
import type { Observation, ObservedTable } from "../../../core/observed/observed-table";
import type { RegisteredExpression } from "../../../core/observed/registration";
import type { TableShape } from "../../../core/declare/table/spec";
import { type Alteration, planAlterTable, alterTableStatements } from "../../../core/table/alter/alteration-plan";
import { readAlterFacts } from "../../../postgres/read/alter-facts";
import { recordProfileStatement, registerTableStatement } from "../../../postgres/registry/registry";
import { alterTable as performAlteration, recordDeclared } from "../../../postgres/work/alter-table";
import type { ResourceContext } from "../../runtime/call-context";
import type { Runtime } from "../../runtime/runtime";
import { refuse } from "../shared/inputs";
import { showStatements } from "../shared/show";
import { createWorkContext } from "../shared/run-context";

/** Prints the changes of an existing table, and records that they were printed, so that no other resource repeats them. */
export async function previewChange(
  ctx: ResourceContext,
  runtime: Runtime,
  shape: TableShape,
  observation: Observation & { readonly table: ObservedTable },
): Promise<void> {
  const alteration = await planChange(runtime, shape, observation);
  const statements = alterTableStatements(alteration);
  for (const { sql } of statements) runtime.shown.add(sql);
  runtime.addBeside(ctx, shape, statements);
  showStatements(ctx, `table ${shape.schema}.${shape.table}:`, statements);
  for (const note of alteration.notes) ctx.log.warn(`table "${shape.schema}.${shape.table}": ${note}`);
}

/** Registers the table, then applies the differences step by step. The caller holds the table's lock. */
export async function changeTable(
  ctx: ResourceContext,
  runtime: Runtime,
  shape: TableShape,
  observation: Observation & { readonly table: ObservedTable },
): Promise<void> {
  const work = createWorkContext(runtime, ctx);
  const { steps } = await planChange(runtime, shape, observation);
  const name = { schema: shape.schema, table: shape.table };
  const options = { signal: ctx.signal, log: ctx.log, subject: `adopting table "${shape.schema}.${shape.table}"` };
  const transaction = "register table";
  const declared = { ...recordDeclared(work, shape), transaction };
  await runtime.database.execute(
    [
      { ...registerTableStatement(work.management, { ...name, owner: runtime.getOwner(ctx) }), transaction },
      { ...recordProfileStatement(work.management, { ...name, profile: shape.profile }), transaction },
      // Until the table matches, the recorded expressions belong to the earlier declaration.
      ...(steps.length === 0 ? [declared] : []),
    ],
    options,
  );
  if (steps.length === 0) return;
  runtime.addBeside(ctx, shape, alterTableStatements({ steps }));
  await performAlteration(work, shape, steps, observation.registration?.expressions ?? []);
  await runtime.database.execute([declared], options);
}

/** Removes differences in text alone: the server compares meanings that nothing else settles. */
async function findSettledDifferences(
  runtime: Runtime,
  shape: TableShape,
  table: ObservedTable,
  recorded: readonly RegisteredExpression[],
): Promise<Differences> {
  const differences = findDifferences(shape, table, recorded);
  const open = listUnsettled(shape, differences, recorded);
  if (open.length === 0) return differences;
  const printed = await runtime.database.printExpressions({ schema: shape.schema, table: shape.table }, open);
  const others = recorded.filter((known) => !printed.some((one) => one.kind === known.kind && one.name === known.name));
  return findDifferences(shape, table, [...others, ...printed]);
}

async function planChange(
  runtime: Runtime,
  shape: TableShape,
  observation: Observation & { readonly table: ObservedTable },
): Promise<Alteration> {
  const { table, registration } = observation;
  const differences = await findSettledDifferences(runtime, shape, table, registration?.expressions ?? []);
  const facts = isEqual(differences)
    ? undefined
    : await readAlterFacts(
        runtime.database,
        shape,
        collectQuestion(differences.columns, listArrivingNames(differences)),
      );
  const alteration = planAlterTable(shape, table, differences, { facts, adopting: registration === undefined });
  if (alteration.problems.length > 0) refuse(`table "${shape.schema}.${shape.table}"`, alteration.problems);
  return alteration;
}
