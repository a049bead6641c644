/** Rows, parts and objects do not agree with what was written down about them: what was exported is of no use. */
export class ArchiveContradicted extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ArchiveContradicted";
  }
}

/**
 * An object of an archive is not there, or is not what was stored. What follows from that is said by who reads it: see
 * `open-archive.ts`.
 */
export class ArchiveFault extends Error {
  constructor(
    readonly kind: "gone" | "damaged",
    /** What was found, without a full stop. */
    readonly finding: string,
    wayOn?: string,
  ) {
    super(wayOn === undefined ? finding : `${finding}. ${wayOn}`);
    this.name = "ArchiveFault";
  }
}
