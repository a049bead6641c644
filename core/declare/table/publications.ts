import { z } from "zod";
import { DEFAULT_PUBLISHED_CHANGES, DEFAULT_VIA_ROOT } from "../../defaults";
import { checkName } from "../../names/name-problems";
import type { Problem } from "../../problems/problem";
import { formatPath } from "../../problems/shape-problems";
import { everyWord } from "../../same-type";
import { type ItemOf, type ItemPlace, itemToWire, parseItem, pathAt } from "../option/item";
import { type Around, optionalText, type OptionsOf, sentAs, collectShapes, collectWires } from "../option/option";
import { nameShape as name, namesShape as names, nameType } from "../option/shapes";

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

export const PUBLISHED_CHANGES = everyWord<PublishedChange>()("insert", "update", "delete", "truncate");

const changes = z.array(nameType("PublishedChange", z.enum(PUBLISHED_CHANGES))).min(1);

const CREATION = {
  publish: sentAs(
    changes.optional(),
    (publish: readonly PublishedChange[] | undefined) =>
      PUBLISHED_CHANGES.filter((change) => (publish ?? DEFAULT_PUBLISHED_CHANGES).includes(change)),
    changes,
  ),
} satisfies OptionsOf<CreatePublicationArgs, unknown>;

/** Place of a membership. */
interface MemberPlace extends ItemPlace {
  readonly table: DeclaredTable;
}

interface DeclaredTable {
  readonly table: string;
  /** Left out: another tool owns them. */
  readonly columns?: Readonly<Record<string, unknown>>;
  readonly publications?: readonly string[] | Readonly<Record<string, true | PublicationArgs>>;
}

const PUBLICATION = {
  where: optionalText(),
  columns: sentAs(names.optional(), parseColumns, z.array(name).optional()),
  viaRoot: sentAs(z.boolean().optional(), parseViaRoot, z.boolean().optional()),
  /** Left out: the publication must exist. */
  create: sentAs(
    z.union([z.literal(true), z.strictObject(collectShapes(CREATION))]).optional(),
    (create: PublicationArgs["create"], { problems }: Around<unknown, ItemPlace>) =>
      create && parseItem(CREATION, create === true ? {} : create, {}, problems),
    nameType("PublicationCreation", z.object(collectWires(CREATION))).optional(),
  ),
} satisfies OptionsOf<PublicationArgs, MemberPlace>;

/** One membership with its defaults filled in. */
export interface PublicationSpec extends ItemOf<typeof PUBLICATION> {
  readonly publication: string;
}

/** Shape that users write. */
export const publicationsShape = z.union([
  names,
  z.record(name, z.union([z.literal(true), z.strictObject(collectShapes(PUBLICATION))])),
]);

/** Inputs of the resource: a membership on the wire. */
export const publicationMemberWireSchema = z.object({
  publication: name,
  ...collectWires(PUBLICATION),
  schema: name,
  table: name,
  /** Class of the data, for policies. */
  dataClass: z.string().optional(),
  /** True if row-level security is declared for the table, for policies: a stream ignores it. */
  rowSecurity: z.boolean().optional(),
});
export type PublicationMemberWire = z.infer<typeof publicationMemberWireSchema>;

/** Reads the declared publications, in their order. */
export function parsePublications(args: DeclaredTable, problems: Problem[]): readonly PublicationSpec[] {
  const declared = args.publications;
  if (declared === undefined) return [];
  if (!isPublicationList(declared))
    return Object.entries(declared).map(([key, value]) => parseMember(key, value, args, problems));
  for (const [index, publication] of declared.entries()) {
    checkName(formatPath(["publications", index]), publication, problems);
    if (declared.indexOf(publication) < index) problems.push(refuseListedTwice(index, publication));
  }
  return declared.map((publication) => ({ publication }));
}

export function encodePublicationMember(
  { publication, ...settings }: PublicationSpec,
  {
    schema,
    table,
    window,
    profile,
  }: {
    readonly schema: string;
    readonly table: string;
    readonly window: { readonly dataClass: string | undefined };
    readonly profile: { readonly rowSecurity?: { readonly enable: boolean } | undefined };
  },
): PublicationMemberWire {
  return {
    schema,
    table,
    publication,
    ...itemToWire(PUBLICATION, settings),
    ...(window.dataClass === undefined ? {} : { dataClass: window.dataClass }),
    ...(profile.rowSecurity?.enable ? { rowSecurity: true } : {}),
  };
}

/** Array.isArray does not distinguish a readonly list from the other member of the union. */
function isPublicationList<T>(value: readonly string[] | T): value is readonly string[] {
  return Array.isArray(value);
}

function parseMember(
  publication: string,
  declared: true | PublicationArgs,
  table: DeclaredTable,
  problems: Problem[],
): PublicationSpec {
  const place = { path: ["publications", publication], table };
  checkName(pathAt(place), publication, problems);
  return { publication, ...parseItem(PUBLICATION, declared === true ? {} : declared, place, problems) };
}

function parseColumns(
  columns: readonly string[] | undefined,
  { table, problems, ...place }: Around<unknown, MemberPlace>,
): readonly string[] | undefined {
  for (const [index, column] of (columns ?? []).entries()) {
    if (!table.columns || column in table.columns) continue;
    problems.push({
      path: pathAt(place, "columns", index),
      code: "unknown-column",
      message: `there is no column "${column}" in table "${table.table}".`,
      fix: `Declared columns are: ${Object.keys(table.columns).join(", ")}.`,
    });
  }
  return columns;
}

function parseViaRoot(
  declared: boolean | undefined,
  { args: { where, columns, create }, problems, ...place }: Around<PublicationArgs, ItemPlace>,
): boolean | undefined {
  const viaRoot = declared ?? (create === undefined ? undefined : DEFAULT_VIA_ROOT);
  if (viaRoot === false && (where !== undefined || columns !== undefined)) {
    problems.push(refuseWithoutRoot(pathAt(place, "viaRoot"), where === undefined ? "a column list" : "a row filter"));
  }
  return viaRoot;
}

function refuseListedTwice(index: number, publication: string): Problem {
  return {
    path: formatPath(["publications", index]),
    code: "name-collision",
    message: `the publication "${publication}" is listed twice.`,
    fix: "List it once.",
  };
}

/** PostgreSQL 15 to 18: "WHERE clause cannot be used for a partitioned table when publish_via_partition_root is false". */
export function refuseWithoutRoot(path: string, what: string): Problem {
  return {
    path,
    code: "invalid-value",
    message: `${what} of a partitioned table needs publish_via_partition_root.`,
    fix: "Set viaRoot: true, or publish every row and column.",
  };
}
