import { formatTableId } from "../../../core/names/resource-id";
import type { DeclaredCopy } from "../../../core/resources/conversion";
import { formatInstant } from "../../../core/time/instant";
import { type FormerReading, readFormer } from "../../../conversion/former/read-former";
import { type CopyRecord, findCopyRecord } from "../../../postgres/conversion/journal";
import { recordDropAfter } from "../../../postgres/conversion/journal-swap";
import type { ResourceContext } from "../../runtime/call-context";
import type { Runtime } from "../../runtime/runtime";
import { showStatements } from "../shared/show";
import { describeSize } from "./describe-size";

/** Name of the partitioned table, whether it was copied whole or its history was. */
function getParent({ schema, table, historyOf }: DeclaredCopy) {
  return { schema, table: historyOf?.table ?? table };
}

/** Reads what an update has to do about the former table of a conversion. */
export async function readDeclaredFormer(
  runtime: Runtime,
  declared: DeclaredCopy,
  record: CopyRecord | undefined,
): Promise<FormerReading> {
  const observation = await runtime.observe(getParent(declared), declared.key);
  const { table, registration } = observation;
  return readFormer(runtime.database, declared, record, {
    oid: table?.oid ?? "",
    registration,
    now: runtime.getNow(observation),
  });
}

/** True if an update has nothing to do about it. */
export function isFormerDone({ kind, isRecorded }: FormerReading): boolean {
  return kind !== "due" && isRecorded;
}

/** Tells in Check, so that every preview has it, until when a former table is kept, and once that has come, why it still is. */
export function tellFormer(ctx: ResourceContext, declared: DeclaredCopy, former: FormerReading): void {
  if (former.kind !== "kept") return;
  const { by, reason, warns } = former;
  const name = describeFormer(declared, former.table);
  const told = by === "time" ? `${name}, is kept ${reason}, and then dropped` : `${name}, is kept: ${reason}`;
  if (warns) ctx.log.warn(told);
  else ctx.log.info(told);
}

/** Prints its drop, which cannot be taken back: first of all in the line over all tables. */
export function previewFormer(
  ctx: ResourceContext,
  runtime: Runtime,
  declared: DeclaredCopy,
  former: FormerReading,
): void {
  if (former.kind !== "due") return;
  const parent = getParent(declared);
  const { table } = former;
  const shown = former.statements.filter(({ values }) => values === undefined);
  const until = declared.dropFormerAfter && formatInstant(declared.dropFormerAfter);
  showStatements(
    ctx,
    `${describeFormer(declared, table)}, kept until ${until ?? "now"}, is dropped for good; the rows of ${formatTableId(parent)} stay`,
    shown,
  );
  runtime.addBeside(ctx, parent, shown);
  runtime.formers.set(formatTableId(parent), table);
}

function describeFormer(
  declared: DeclaredCopy,
  table: { readonly schema: string; readonly name: string; readonly rows: number | undefined; readonly bytes: number },
): string {
  const parent = formatTableId(getParent(declared));
  const what = declared.historyOf ? `the former history of ${parent}` : `the former table of ${parent}`;
  return `${what}, ${table.schema}.${table.name} (${describeSize(table)})`;
}

/** Writes down that nothing drops it any more: its conversion leaves the program. */
export async function forgetFormer(
  ctx: ResourceContext,
  { database }: Runtime,
  table: { readonly schema: string; readonly table: string },
): Promise<void> {
  const record = await findCopyRecord(database, table);
  const detail = record?.detail.formerTable;
  if (!record || detail?.dropAfter === undefined || detail.dropped !== undefined) return;
  const options = { signal: ctx.signal, log: ctx.log, subject: `the former table of "${formatTableId(table)}"` };
  await database.execute([recordDropAfter(database.managementSchema, record, undefined)], options);
}
