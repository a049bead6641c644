/**
 * Ids of resources, also what `pulumi import` takes: `schema.table` and `schema.table#partition` (or `#index`). A dot, `#`
 * or `%` inside a name is percent-encoded, so that every legal name has exactly one id.
 */
export interface TableId {
  readonly schema: string;
  readonly table: string;
}

/** @example formatTableId({ schema: "public", table: "audit.logs" }) // "public.audit%2Elogs" */
export function formatTableId(id: TableId): string {
  return `${encode(id.schema)}.${encode(id.table)}`;
}

export function formatMemberId(id: TableId, member: string): string {
  return `${formatTableId(id)}#${encode(member)}`;
}

/** Returns undefined if the text is not an id. A table without schema is in `public`. */
export function parseTableId(text: string): TableId | undefined {
  const parts = text.split(".");
  if (text.includes("#") || parts.length > 2 || parts.some((part) => part === "")) return undefined;
  const [first = "", second] = parts;
  return second === undefined
    ? { schema: "public", table: decode(first) }
    : { schema: decode(first), table: decode(second) };
}

export function parseMemberId(text: string): (TableId & { readonly member: string }) | undefined {
  const [table, member, ...rest] = text.split("#");
  const id = table === undefined ? undefined : parseTableId(table);
  if (!id || !member || rest.length > 0) return undefined;
  return { ...id, member: decode(member) };
}

function encode(name: string): string {
  return name.replace(/[%.#]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decode(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
