/** What an update has to do in the place of a table's archives. */
export interface ArchiveNeeds {
  /** To write there. */
  readonly archive: boolean;
  /** To look there before a drop. */
  readonly drop: boolean;
  readonly restore: boolean;
}
