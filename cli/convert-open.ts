import { limitOperator } from "../conversion/job-for";
import { openWayBack } from "../conversion/opening/open-way-back";
import { readCopy } from "../conversion/read/read-copy";
import type { Opening } from "../conversion/read/read-opening";
import { formatTableId } from "../core/names/resource-id";
import type { DeclaredCopy } from "../core/resources/conversion";
import type { WorkContext } from "../postgres/work/work-context";
import type { Stop } from "./stop-signals";

/** Goes on with a way back that an update has begun to open. False: it was stopped before the way back was open. */
export async function goOnOpening(work: WorkContext, declared: DeclaredCopy, stop: Stop): Promise<boolean> {
  const name = formatTableId(declared);
  const read = async (): Promise<Opening | undefined> => {
    work.database.invalidate(declared.schema, declared.table);
    const reading = await readCopy(work.database, declared, ({ now }) => now);
    if (reading.kind === "refused")
      throw new Error(
        `way back of "${name}": ${reading.problems.map(({ message, fix }) => `${message} ${fix}`).join("\n")}`,
      );
    return reading.kind === "converted" && reading.opening?.kind === "opens" ? reading.opening : undefined;
  };
  const opening = await read();
  if (!opening)
    throw new Error(`the way back of "${name}" is not wanted any more, as its program says: pulumi up gives it up`);
  const limits = limitOperator(stop.soon);
  if ((await openWayBack({ work, declared, limits, readAgain: read }, opening)) !== undefined) {
    console.log(`${name}: stopped; what is done stays done, and changes go on being captured`);
    return false;
  }
  console.log(`${name}: its way back is open; pulumi up with until: "verify" takes it`);
  return true;
}
