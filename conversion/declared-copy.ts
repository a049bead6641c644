import { readWire } from "../core/declare/table/wire";
import {
  conversionType,
  decodeConversion,
  type DeclaredConversion,
  type DeclaredCopy,
  toSplit,
  toSwitchedCopy,
} from "../core/resources/conversion";
import { parseInstant } from "../core/time/instant";
import type { CopyRecord } from "../postgres/conversion/journal";

/** Returns what the program declared when the conversion began, which the journal keeps for other processes. */
export function readDeclaredCopy({ detail }: Pick<CopyRecord, "detail">): DeclaredCopy {
  const read = readWire(conversionType.inputs, detail.declared);
  const found = "problems" in read ? undefined : decodeConversion(read.value);
  const declared = found && toCopy(found);
  if (!declared) throw new Error("the journal was written by another version of this package: go on with pulumi up");
  // Of a way back, the last update has said when it closes.
  const until = detail.back?.until ?? detail.both?.until;
  return until === undefined ? declared : { ...declared, rollbackUntil: parseInstant(until, "UTC") };
}

function toCopy(found: DeclaredConversion): DeclaredCopy | undefined {
  if (found.strategy === "attach") return toSplit(found);
  return found.strategy === "copyThenSwitch" ? toSwitchedCopy(found) : found;
}
