import { quote } from "../../names/identifier";
import type { Problem } from "../../problems/problem";
import type { ObservedReplication } from "../../observed/replication";
import { refuseWithoutRoot, type PublicationMemberWire } from "../../declare/table/publications";
import type { MembershipContext, PublicationToBe } from "./publication-to-be";

/** Lists everything that prevents a membership, each problem with its fix. */
export function findMemberProblems(
  context: MembershipContext,
  toBe: PublicationToBe,
  implicit: boolean,
  hasChanges: boolean,
): Problem[] {
  const { spec } = context;
  const narrowed = spec.where !== undefined || spec.columns !== undefined;
  if (toBe.found?.allTables && toBe.found.excepted) return [refuseLeftOut(spec)];
  return [
    ...(implicit && narrowed ? [refuseNarrowing(spec)] : []),
    ...(spec.viaRoot !== undefined && spec.viaRoot !== toBe.viaRoot ? [refuseOtherRoot(spec, toBe)] : []),
    ...(!implicit && narrowed && !toBe.viaRoot && spec.viaRoot === undefined ? [refuseMissingRoot(spec, toBe)] : []),
    ...findColumnProblems(spec, toBe),
    ...(hasChanges ? findRightsProblems(context, toBe) : []),
  ];
}

/** Warns of memberships that work but may surprise, in preview and update alike. */
export function listMemberWarnings(context: MembershipContext, toBe: PublicationToBe): string[] {
  const { spec, observation } = context;
  const { walLevel } = observation.replication;
  return [
    ...(walLevel === "logical"
      ? []
      : [`wal_level is "${walLevel}": nothing is sent until it is "logical", which needs a restart of the server`]),
    ...warnOfIdentity(spec, toBe, context),
    ...warnOfRealtime(context, toBe),
  ].map((text) => `publication "${spec.publication}" of ${spec.schema}.${spec.table}: ${text}`);
}

/** True for the publication that Supabase's Realtime reads, by wal2json and not by pgoutput. It checks row security itself. */
export function isRealtime(publication: string): boolean {
  return publication === "supabase_realtime";
}

/**
 * Warns about wal2json, which names the partition that holds a row, whatever publish_via_partition_root is. Supabase's Realtime
 * asks it for the tables that the publication lists, and checks privileges and row security of the table that it names.
 */
function warnOfRealtime({ profile, observation }: MembershipContext, toBe: PublicationToBe): string[] {
  const read = observation.replication.slots.some((slot) => slot.plugin === "wal2json");
  if (!isRealtime(toBe.name) && !read) return [];
  const closed = profile.rowSecurity?.partitionAccess === "closed";
  return [
    ...(closed
      ? [
          'partitions are closed (rowSecurity.partitionAccess: "closed"), and Supabase Realtime checks each change against the privileges and policies of the partition that holds the row: subscribers get none. Set partitionAccess: "mirror"',
        ]
      : []),
    ...(toBe.viaRoot && isRealtime(toBe.name)
      ? [
          "publish_via_partition_root is true, so the publication lists the table alone, and Supabase Realtime asks wal2json for that name, which never sends it: subscribers get nothing. Set it to false",
        ]
      : []),
  ];
}

function warnOfIdentity(
  spec: PublicationMemberWire,
  { identity: { columns: identity, without }, changes, found }: PublicationToBe,
  { observation }: MembershipContext,
): string[] {
  const needed = changes.filter((change) => change === "update" || change === "delete");
  if (needed.length === 0 || identity === undefined || identity === "all") return [];
  const verbs = needed.map((change) => change.toUpperCase()).join(" and ");
  if (identity.length === 0) {
    if (without.length > 0)
      return [
        `it sends ${verbs}, and nothing identifies a row of ${list(without)} (no primary key, or replica identity "nothing"): PostgreSQL refuses every ${verbs} of ${without.length > 1 ? "those partitions" : "that partition"}. Declare a primary key or replicaIdentity, or a publication of inserts alone`,
      ];
    return [
      `it sends ${verbs}, and nothing identifies a row (no primary key, or replica identity "nothing"): PostgreSQL refuses every ${verbs} of the table. Declare a primary key or replicaIdentity, or a publication of inserts alone`,
    ];
  }
  const names = spec.where === undefined ? [] : listNames(spec.where);
  const known = spec.where === undefined ? [] : (found?.member?.filterColumns ?? []);
  const columns = (observation.table?.columns ?? []).map((column) => column.name);
  const read = new Set([...known, ...columns.filter((column) => names.includes(column))]);
  const outside = [...read].filter((column) => !identity.includes(column));
  if (outside.length === 0) return [];
  return [
    `its row filter reads ${list(outside)}, which does not identify a row (that are ${list(identity)}): PostgreSQL would refuse every ${verbs} of the table, so the update refuses the filter. Add it to the replica identity, or publish inserts alone`,
  ];
}

/**
 * Lists words of an expression outside its string literals: a guess for preview. The transaction that adds the table asks the
 * server.
 */
function listNames(expression: string): string[] {
  const bare = expression.replace(/'(?:[^']|'')*'/g, " ");
  const quoted = [...bare.matchAll(/"((?:[^"]|"")+)"/g)].map((match) => (match[1] ?? "").replaceAll('""', '"'));
  const words = bare.replace(/"(?:[^"]|"")+"/g, " ").match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? [];
  return [...quoted, ...words.map((word) => word.toLowerCase())];
}

function findColumnProblems(
  spec: PublicationMemberWire,
  { identity: { sent: identity }, changes }: PublicationToBe,
): Problem[] {
  const { columns } = spec;
  if (columns === undefined || identity === undefined) return [];
  if (!changes.includes("update") && !changes.includes("delete")) return [];
  const lacking = identity === "all" ? [] : identity.filter((column) => !columns.includes(column));
  if (identity !== "all" && lacking.length === 0) return [];
  return [
    {
      path: "columns",
      code: "invalid-value",
      message:
        identity === "all"
          ? 'replica identity "full" sends every column of the old row, and PostgreSQL refuses every UPDATE and DELETE where a column list leaves one out.'
          : `the column list lacks ${list(lacking)}, which identifies a row: PostgreSQL would refuse every UPDATE and DELETE of the table.`,
      fix: identity === "all" ? "Leave columns out." : `Add ${list(lacking)} to columns.`,
    },
  ];
}

/** Reports a FOR ALL TABLES publication that excludes this table: single tables cannot be added to it. */
function refuseLeftOut(spec: PublicationMemberWire): Problem {
  return {
    path: "publication",
    code: "conflict",
    message: `publication "${spec.publication}" has all tables except "${spec.schema}"."${spec.table}" (FOR ALL TABLES EXCEPT): none of its rows is sent.`,
    fix: "Let its owner remove the table from the exceptions, or declare a publication that names its tables.",
  };
}

function refuseNarrowing(spec: PublicationMemberWire): Problem {
  return {
    path: spec.where === undefined ? "columns" : "where",
    code: "conflict",
    message: `publication "${spec.publication}" has the table as one of all tables, so neither a row filter nor a column list could hold.`,
    fix: "Use a publication that names its tables.",
  };
}

function refuseOtherRoot(spec: PublicationMemberWire, toBe: PublicationToBe): Problem {
  const set = `ALTER PUBLICATION ${quote(spec.publication)} SET (publish_via_partition_root = ${String(spec.viaRoot)})`;
  return {
    path: "viaRoot",
    code: "conflict",
    message: `publish_via_partition_root of publication "${spec.publication}" is ${String(toBe.viaRoot)}, and viaRoot: ${String(spec.viaRoot)} is declared. The publication was not created here, and the setting changes the names that all its subscribers see.`,
    fix: `If they can accept that, its owner runs: ${set}. Otherwise declare viaRoot: ${String(toBe.viaRoot)}, or a separate publication.`,
  };
}

function refuseMissingRoot(spec: PublicationMemberWire, toBe: PublicationToBe): Problem {
  const what = spec.where === undefined ? "a column list" : "a row filter";
  const problem = refuseWithoutRoot(spec.where === undefined ? "columns" : "where", what);
  return toBe.made
    ? problem
    : {
        ...problem,
        fix: `Its owner can run: ALTER PUBLICATION ${quote(spec.publication)} SET (publish_via_partition_root = true), which changes the names that all its subscribers see. Otherwise declare a separate publication.`,
      };
}

function findRightsProblems({ observation }: MembershipContext, toBe: PublicationToBe): Problem[] {
  const { role, mayCreate, database } = observation.replication;
  if (toBe.found) return toBe.found.mine ? [] : [refuseNotOwner(observation.replication, toBe.found)];
  if (mayCreate) return [];
  return [
    {
      path: "create",
      code: "privileges",
      message: `role "${role}" may not create publication "${toBe.name}".`,
      fix: `An administrator has to run: GRANT CREATE ON DATABASE ${quote(database)} TO ${quote(role)}`,
    },
  ];
}

/** Reports a missing right: only its owner may change a publication, and a new owner needs CREATE on the database. */
export function refuseNotOwner(
  { role, database, mayCreate }: Pick<ObservedReplication, "role" | "database" | "mayCreate">,
  publication: { readonly name: string; readonly owner: string },
): Problem {
  const name = quote(publication.name);
  return {
    path: "publication",
    code: "privileges",
    message: `role "${role}" may not change publication "${publication.name}", which belongs to "${publication.owner}".`,
    fix: `An administrator has to run: ${mayCreate ? "" : `GRANT CREATE ON DATABASE ${quote(database)} TO ${quote(role)}; `}ALTER PUBLICATION ${name} OWNER TO ${quote(role)}`,
  };
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
