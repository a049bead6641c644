import type { PublishedChange } from "../declare/table/publications";

/** Publications of the database, and their readers. */
export interface ObservedReplication {
  /** Publications send changes only with `logical`. */
  readonly walLevel: string;
  readonly database: string;
  /** The connected role, and its right to create a publication. */
  readonly role: string;
  readonly mayCreate: boolean;
  /** Every publication of the database, seen from one table. */
  readonly publications: readonly ObservedPublication[];
  /** Logical slots of this database. */
  readonly slots: readonly ObservedSlot[];
}

export interface ObservedPublication {
  readonly name: string;
  readonly oid: string;
  readonly owner: string;
  /** True if the connected role may change it. */
  readonly mine: boolean;
  readonly allTables: boolean;
  /** True if it publishes all tables except this one (FOR ALL TABLES EXCEPT, PostgreSQL 19). */
  readonly excepted?: boolean;
  /** Schemas all of whose tables it publishes. */
  readonly schemas: readonly string[];
  readonly changes: readonly PublishedChange[];
  /** publish_via_partition_root. */
  readonly viaRoot: boolean;
  /** Number of tables that it names, of any kind. */
  readonly tables: number;
  /** Membership of the table itself, from pg_publication_rel, the only source of it. Undefined: not a member. */
  readonly member: ObservedMember | undefined;
  /** Partitions of the table that it names individually, as `schema.name`. */
  readonly partitions: readonly string[];
}

export interface ObservedMember {
  /** As the server prints it. Undefined: every row. */
  readonly where: string | undefined;
  /** Undefined: every column. */
  readonly columns: readonly string[] | undefined;
  /** Columns that the row filter reads. */
  readonly filterColumns: readonly string[];
}

export interface ObservedSlot {
  readonly name: string;
  readonly plugin: string;
  readonly active: boolean;
}

/** A membership as declared, with its row filter as the server printed it, and whether this stack created the publication. */
export interface RegisteredPublication {
  readonly name: string;
  /** A different oid means that the publication was dropped and created again under the same name. */
  readonly oid: string;
  readonly made: boolean;
  readonly declared: string | null;
  readonly printed: string | null;
}

/** State if no database was queried. */
export const NOTHING_PUBLISHED: ObservedReplication = {
  walLevel: "logical",
  database: "",
  role: "",
  mayCreate: true,
  publications: [],
  slots: [],
};
