import { z } from "zod";
import { DEFAULT_PUBLISHED_CHANGES, DEFAULT_VIA_ROOT } from "../../defaults";
import type { Problem } from "../../problems/problem";
import { everyWord } from "../../same-type";
import type { TableSpecArgs } from "./args";
import { checkName } from "../../names/name-problems";
import type { PublicationArgs, PublishedChange } from "./publication-args";
import { formatPath } from "../../problems/shape-problems";
import type { TableSpec } from "./spec";

export const PUBLISHED_CHANGES = everyWord<PublishedChange>()("insert", "update", "delete", "truncate");

const name = z.string().min(1);
const changes = z.array(z.enum(PUBLISHED_CHANGES)).min(1);

/** Shape that users write. */
export const publicationsSchema = z.union([
  z.array(name).min(1),
  z.record(
    name,
    z.union([
      z.literal(true),
      z.strictObject({
        where: name.optional(),
        columns: z.array(name).min(1).optional(),
        viaRoot: z.boolean().optional(),
        create: z.union([z.literal(true), z.strictObject({ publish: changes.optional() })]).optional(),
      }),
    ]),
  ),
]);

/** One membership with its defaults filled in. */
const publicationSpecSchema = z.object({
  publication: name,
  where: z.string().optional(),
  columns: z.array(name).optional(),
  viaRoot: z.boolean().optional(),
  /** Left out: the publication must exist. */
  create: z.object({ publish: changes }).optional(),
});
export type PublicationSpec = z.infer<typeof publicationSpecSchema>;

/** Inputs of the resource: a membership on the wire. */
export const publicationMemberWireSchema = publicationSpecSchema.extend({
  schema: name,
  table: name,
  /** Class of the data, for policies. */
  dataClass: z.string().optional(),
  /** True if row-level security is declared for the table, for policies: a stream ignores it. */
  rowSecurity: z.boolean().optional(),
});
export type PublicationMemberWire = z.infer<typeof publicationMemberWireSchema>;

/** Reads the declared publications, in their order. */
export function parsePublications(args: TableSpecArgs, problems: Problem[]): readonly PublicationSpec[] {
  const declared = args.publications;
  if (declared === undefined) return [];
  if (!isList(declared)) return Object.entries(declared).map(([key, value]) => parseMember(key, value, args, problems));
  for (const [index, publication] of declared.entries()) {
    checkName(formatPath(["publications", index]), publication, problems);
    if (declared.indexOf(publication) < index) problems.push(listedTwice(index, publication));
  }
  return declared.map((publication) => ({ publication }));
}

export function publicationMemberToWire(
  publication: PublicationSpec,
  { schema, table, window, leaves }: Pick<TableSpec, "schema" | "table" | "window" | "leaves">,
): PublicationMemberWire {
  return {
    schema,
    table,
    ...publication,
    ...(window.dataClass === undefined ? {} : { dataClass: window.dataClass }),
    ...(leaves.rowSecurity?.enable ? { rowSecurity: true } : {}),
  };
}

/** Array.isArray does not distinguish a readonly list from the other member of the union. */
function isList<T>(value: readonly string[] | T): value is readonly string[] {
  return Array.isArray(value);
}

function parseMember(
  publication: string,
  declared: true | PublicationArgs,
  args: TableSpecArgs,
  problems: Problem[],
): PublicationSpec {
  const path = ["publications", publication];
  checkName(formatPath(path), publication, problems);
  if (declared === true) return { publication };
  const { where, columns, create } = declared;
  const viaRoot = declared.viaRoot ?? (create === undefined ? undefined : DEFAULT_VIA_ROOT);
  checkColumns(path, columns ?? [], args, problems);
  if (viaRoot === false && (where !== undefined || columns !== undefined)) {
    problems.push(needsRoot(formatPath([...path, "viaRoot"]), where === undefined ? "a column list" : "a row filter"));
  }
  return {
    publication,
    ...(where === undefined ? {} : { where }),
    ...(columns === undefined ? {} : { columns: [...columns] }),
    ...(viaRoot === undefined ? {} : { viaRoot }),
    ...(create === undefined ? {} : { create: { publish: inOrder(create) } }),
  };
}

function inOrder(create: NonNullable<PublicationArgs["create"]>): PublishedChange[] {
  const publish = create === true ? undefined : create.publish;
  return PUBLISHED_CHANGES.filter((change) => (publish ?? DEFAULT_PUBLISHED_CHANGES).includes(change));
}

function checkColumns(
  path: readonly string[],
  columns: readonly string[],
  args: TableSpecArgs,
  problems: Problem[],
): void {
  for (const [index, column] of columns.entries()) {
    if (!args.columns || column in args.columns) continue;
    problems.push({
      path: formatPath([...path, "columns", index]),
      code: "unknown-column",
      message: `table "${args.table}" has no column "${column}".`,
      fix: `Declared columns are: ${Object.keys(args.columns).join(", ")}.`,
    });
  }
}

function listedTwice(index: number, publication: string): Problem {
  return {
    path: formatPath(["publications", index]),
    code: "name-collision",
    message: `the publication "${publication}" is listed twice.`,
    fix: "List it once.",
  };
}

/** PostgreSQL 15 to 18: "WHERE clause cannot be used for a partitioned table when publish_via_partition_root is false". */
export function needsRoot(path: string, what: string): Problem {
  return {
    path,
    code: "invalid-value",
    message: `${what} of a partitioned table needs publish_via_partition_root.`,
    fix: "Set viaRoot: true, or publish every row and column.",
  };
}
