/** Operations of an update in the store of a table's archives. */
export interface ArchiveNeeds {
  /** True if it writes there. */
  readonly mustArchive: boolean;
  /** True if it checks an archive there before a drop. */
  readonly mustDrop: boolean;
  readonly mustRestore: boolean;
  /** True if the program declares the archive for the first time, or another one: it is tried before anything depends on it. */
  readonly isNew?: boolean;
}
