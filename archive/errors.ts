/** Rows, parts and objects do not agree with what was written down about them: what was exported is of no use. */
export class ArchiveContradicted extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ArchiveContradicted";
  }
}
