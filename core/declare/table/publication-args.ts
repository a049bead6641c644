/** What a publication can send. */
export type PublishedChange = "insert" | "update" | "delete" | "truncate";

/** How the table is a member of one publication. */
export interface PublicationArgs {
  /**
   * Row filter: one SQL expression; only rows for which it is true are sent. Needs `publish_via_partition_root`, and where
   * updates or deletes are published only columns of the replica identity.
   *
   * @example "region = 'eu'"
   */
  readonly where?: string;
  /** Columns that are sent; those of the replica identity must be among them. Needs `publish_via_partition_root`. @default all */
  readonly columns?: readonly string[];
  /**
   * Whether subscribers see rows under the name of the table (true) or of the partition that holds them (false). A setting of
   * the publication, for all its tables: changed where the publication was made by us, only checked elsewhere.
   *
   * @default true with `create`, otherwise whatever the publication has
   */
  readonly viaRoot?: boolean;
  /**
   * Makes the publication where it is missing; it then goes with its last table. One that exists is used as it is and never
   * dropped. Left out: the publication must exist.
   */
  readonly create?: true | CreatePublicationArgs;
}

/** A publication that is made by us. */
export interface CreatePublicationArgs {
  /** What it sends. @default ["insert", "update", "delete", "truncate"] */
  readonly publish?: readonly PublishedChange[];
}
