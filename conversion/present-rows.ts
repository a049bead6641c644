import type { WhenPresent } from "../core/conversion/between/copy-text";
import { StatementError } from "../postgres/connect/session-errors";

/** Most statements that look for rows of the copy before one is tried again that does not: a failed one in 65 costs little. */
const MOST_LOOKING = 64;

/** unique_violation, exclusion_violation */
const PRESENT = ["23505", "23P01"];

/**
 * Decides whether the next statement of a copy looks for rows that the copy has already. Nearly none of them finds one, and looking takes
 * as long as everything else. So a statement that meets one fails, changes nothing, and runs again with the look; the next ones look
 * too, twice as many after each failure that follows soon.
 */
export class PresentRows {
  private looking = 0;
  private next = 1;

  async copy<T>(run: (whenPresent: WhenPresent) => Promise<T>): Promise<T> {
    if (this.looking > 0) {
      this.looking -= 1;
      return run("leave");
    }
    try {
      const done = await run("fail");
      this.next = Math.max(1, this.next / 2);
      return done;
    } catch (error) {
      if (!(error instanceof StatementError) || !PRESENT.includes(error.sqlState ?? "")) throw error;
      this.looking = this.next;
      this.next = Math.min(MOST_LOOKING, this.next * 2);
      return run("leave");
    }
  }
}
