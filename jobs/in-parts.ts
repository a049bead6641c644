import { takeFirstHalf, type TidRange } from "../core/rows/tid";
import { nextPart, type Walk, walkOn } from "../core/rows/walk";

/** Rows of a range that were taken. */
interface Taken {
  readonly textBytes: number;
}

/** How the rows of a range are taken, and handed on. */
interface Taking<Part extends Taken> {
  /** Largest part, as text. */
  readonly maxTextBytes: number;
  readonly take: (range: TidRange) => Promise<Part>;
  /** True if an error of `take` means that the range has more text than a part may have. */
  readonly isTooLarge: (error: unknown) => boolean;
  /** Called with the parts in order; the next one is taken once it returns. */
  readonly handOn: (range: TidRange, part: Part) => Promise<void>;
}

/** Takes the rows of a table in parts of bounded size. A range that is too large is taken again as its first half. */
export async function takeInParts<Part extends Taken>(start: Walk, taking: Taking<Part>): Promise<void> {
  let walk = start;
  for (let wanted = nextPart(walk); wanted; wanted = nextPart(walk)) {
    const { range, part } = await takeFitting(wanted, taking);
    await taking.handOn(range, part);
    walk = walkOn(walk, range, part.textBytes, taking.maxTextBytes);
  }
}

async function takeFitting<Part extends Taken>(
  range: TidRange,
  taking: Taking<Part>,
): Promise<{ readonly range: TidRange; readonly part: Part }> {
  try {
    return { range, part: await taking.take(range) };
  } catch (error) {
    const half = taking.isTooLarge(error) ? takeFirstHalf(range) : undefined;
    if (half === undefined) throw error;
    return takeFitting(half, taking);
  }
}
