/** Changes that a publication can send. */
export type PublishedChange = "insert" | "update" | "delete" | "truncate";

/** Membership of the table in one publication. */
export interface PublicationArgs {
  /**
   * Row filter: one SQL expression; only rows for which it is true are sent. Needs `publish_via_partition_root`; if updates or
   * deletes are published, it may use only columns of the replica identity.
   *
   * @example "region = 'eu'"
   */
  readonly where?: string;
  /** Published columns; those of the replica identity must be among them. Needs `publish_via_partition_root`. @default all */
  readonly columns?: readonly string[];
  /**
   * True if subscribers see rows under the name of the table, false under that of the partition that holds them. A setting of the
   * publication, for all its tables: changed if this stack created the publication, otherwise only checked.
   *
   * @default true with `create`, otherwise whatever the publication has
   */
  readonly viaRoot?: boolean;
  /**
   * Creates the publication if missing, and drops it with its last table. An existing one is used as it is and never dropped.
   * Left out: the publication must exist.
   */
  readonly create?: true | CreatePublicationArgs;
}

/** A publication that this stack creates. */
export interface CreatePublicationArgs {
  /** Changes that it sends. @default ["insert", "update", "delete", "truncate"] */
  readonly publish?: readonly PublishedChange[];
}
