/** Thrown if rows, parts and objects contradict their records: the export is useless. */
export class ArchiveContradicted extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ArchiveContradicted";
  }
}

/** Thrown if an object of an archive is gone, or is not as stored. Its reader adds the next step: see `open-archive.ts`. */
export class ArchiveFault extends Error {
  constructor(
    readonly kind: "gone" | "damaged",
    /** Finding, without a full stop. */
    readonly finding: string,
    wayOn?: string,
  ) {
    super(wayOn === undefined ? finding : `${finding}. ${wayOn}`);
    this.name = "ArchiveFault";
  }
}
