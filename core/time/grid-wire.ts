import { z } from "zod";
import type { GridSegment } from "./grid";
import { formatInstant, parseInstant } from "./instant";
import { PERIODS } from "./period";

/** A grid on the wire: times as ISO text, because policies and people read them. */
const instant = z.string().refine((text) => {
  try {
    parseInstant(text, "UTC");
    return true;
  } catch {
    return false;
  }
}, "not an ISO 8601 time");

export const gridWireSchema = z
  .array(
    z.object({
      from: instant.optional(),
      to: instant.optional(),
      every: z.enum([...PERIODS, "whole"]),
      name: z.string().min(1),
    }),
  )
  .min(1);

type GridWire = z.infer<typeof gridWireSchema>;

export function gridToWire(grid: readonly GridSegment[]): GridWire {
  return grid.map((segment) => ({
    ...(segment.from ? { from: formatInstant(segment.from) } : {}),
    ...(segment.to ? { to: formatInstant(segment.to) } : {}),
    every: segment.every,
    name: segment.name,
  }));
}

export function gridFromWire(wire: GridWire): GridSegment[] {
  return wire.map((segment) => ({
    from: segment.from === undefined ? undefined : parseInstant(segment.from, "UTC"),
    to: segment.to === undefined ? undefined : parseInstant(segment.to, "UTC"),
    every: segment.every,
    name: segment.name,
  }));
}
