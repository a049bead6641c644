import type { PublishedChange } from "../declare/table/publication-args";

/** What the database publishes, and who reads it. */
export interface ObservedReplication {
  /** `logical`: only then a publication sends anything. */
  readonly walLevel: string;
  readonly database: string;
  /** The connected role, and whether it may make a publication. */
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
  /** Whether the connected role may change it. */
  readonly mine: boolean;
  readonly allTables: boolean;
  /** It has all tables except this one (FOR ALL TABLES EXCEPT, PostgreSQL 19). Left out: it does not leave it out. */
  readonly excepted?: boolean;
  /** Schemas all of whose tables it publishes. */
  readonly schemas: readonly string[];
  readonly changes: readonly PublishedChange[];
  /** publish_via_partition_root. */
  readonly viaRoot: boolean;
  /** How many tables it names, whichever they are. */
  readonly tables: number;
  /** How it names the table itself: pg_publication_rel, which alone says so. Undefined: it does not. */
  readonly member: ObservedMember | undefined;
  /** Partitions of the table that it names by themselves, as `schema.name`. */
  readonly leaves: readonly string[];
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

/** A membership as it was declared and as the server printed its row filter; and whether we made the publication. */
export interface RegisteredPublication {
  readonly name: string;
  /** Another one means that somebody made it anew under the same name. */
  readonly oid: string;
  readonly made: boolean;
  readonly declared: string | null;
  readonly printed: string | null;
}

/** Where no database was asked. */
export const NOTHING_PUBLISHED: ObservedReplication = {
  walLevel: "logical",
  database: "",
  role: "",
  mayCreate: true,
  publications: [],
  slots: [],
};
