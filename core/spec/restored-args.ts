/** An archived range that is to be a part of the table again, as users write it: the range alone, or with the end of its stay. */
export type RestoredArgs = string | RestoredRangeArgs;

/** An archived range with the end of its stay. */
export interface RestoredRangeArgs {
  /**
   * A year, month or day in the zone of the table, or both ends: `2024`, `2024-03`, `2024-03-01`, or as preview prints them. Each
   * archived partition that has a moment in common with it comes back as a whole.
   *
   * @example "2024-03"
   */
  readonly range: string;
  /** When it goes the way of every expired partition again. ISO 8601. @default never: until it is removed from the program */
  readonly until?: string;
}
