import type {
  ObservedMember,
  ObservedPublication,
  ObservedReplication,
  ObservedSlot,
} from "../../core/observed/replication";

/** Columns of queries/table.sql about publications and slots. JSON leaves an empty list out as null. */
export interface ReplicationRow {
  readonly publications: readonly PublicationJson[] | null;
  readonly logical_slots: readonly ObservedSlot[] | null;
  readonly wal_level: string;
  readonly database: string;
  readonly role: string;
  readonly may_publish: boolean;
}

interface PublicationJson extends Omit<ObservedPublication, "excepted" | "schemas" | "member" | "partitions"> {
  readonly excepted: boolean;
  readonly schemas: readonly string[] | null;
  readonly member: MemberJson | null;
  readonly partitions: readonly string[] | null;
}

type MemberJson = { readonly [K in keyof ObservedMember]: Exclude<ObservedMember[K], undefined> | null };

export function toReplication(row: ReplicationRow): ObservedReplication {
  return {
    walLevel: row.wal_level,
    database: row.database,
    role: row.role,
    mayCreate: row.may_publish,
    publications: (row.publications ?? []).map(({ excepted, ...publication }) => ({
      ...publication,
      ...(excepted ? { excepted } : {}),
      schemas: publication.schemas ?? [],
      partitions: publication.partitions ?? [],
      member: publication.member === null ? undefined : toMember(publication.member),
    })),
    slots: row.logical_slots ?? [],
  };
}

function toMember(json: MemberJson): ObservedMember {
  return {
    where: json.where ?? undefined,
    columns: json.columns ?? undefined,
    filterColumns: json.filterColumns ?? [],
  };
}
