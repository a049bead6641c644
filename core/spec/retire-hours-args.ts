/** The hours of a day in which partitions may leave the table. */
export interface RetireHoursArgs {
  /** Belongs to it, as on the wall. @example "22:00" */
  readonly from: string;
  /** Does not belong to it; earlier than `from` means the next day. @example "05:00" */
  readonly to: string;
  /** Zone of the two. @default "UTC" */
  readonly zone?: string;
}
