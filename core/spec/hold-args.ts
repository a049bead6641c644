/** A range of time that must not be touched, as users write it. */
export interface HoldArgs {
  /** First moment of the range, ISO 8601; a date is read in the zone of the table. @example "2024-01-01" */
  readonly from: string;
  /** First moment after it. @example "2024-07-01" */
  readonly to: string;
  /** Why. Shown in preview and kept in the registry. @example "case 2024-118" */
  readonly reason: string;
  /** When the hold ends by itself. @default never: until it is removed, which is a cut like any other */
  readonly until?: string;
}
