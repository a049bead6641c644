import { CAPTURE_TRIGGERS } from "../between/capture";
import type { ConversionSource } from "../source";
import { SNAPSHOT_TRIGGER } from "./old-snapshots";

/** Leaves out the triggers of a conversion, which are no property of the table. */
export function withoutCapture(source: ConversionSource): ConversionSource {
  const own = [...Object.values<string>(CAPTURE_TRIGGERS), SNAPSHOT_TRIGGER];
  return { ...source, triggers: source.triggers.filter(({ name }) => !own.includes(name)) };
}
