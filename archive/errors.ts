/** Rows, parts and objects do not agree with what was written down about them. */
export class ArchiveContradicted extends Error {
  constructor(message: string) {
    super(`${message}. Nothing was dropped; the next update archives it anew, as another generation`);
    this.name = "ArchiveContradicted";
  }
}
