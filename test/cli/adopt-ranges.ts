// SQL that creates a table and its partitions by ranges of any length and kind of key, around the present.
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const now = Date.now();
export const today = Math.floor(now / DAY) * DAY;
export const text = (time: number) => new Date(time).toISOString().replace("T", " ").replace("Z", "+00");
export const tag = (time: number) => new Date(time).toISOString().slice(0, 16).replaceAll(/\D/g, "");
export const monthStart = (offset: number) => {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset, 1);
};
export const uuid = (time: number, tail: string) => {
  const hex = time.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-${tail}`;
};
export const VERSIONED = "7000-8000-000000000000";
export const PLAIN = "0000-0000-000000000000";

/** One CREATE … PARTITION OF for each range; `end` may differ from the next begin. */
export function parts(table: string, ranges: readonly (readonly [name: string, from: string, to: string])[]): string {
  return ranges
    .map(
      ([name, from, to]) => `create table app.${name} partition of app.${table} for values from (${from}) to (${to});`,
    )
    .join("\n");
}

/** Neighbours of one length around the present. */
export function run(
  prefix: string,
  length: number,
  start: number,
  count: number,
  bound: (time: number) => string,
  gap = 0,
) {
  return Array.from({ length: count }, (_, index) => {
    const from = start + length * index;
    return [`${prefix}_${tag(from)}`, bound(from), bound(from + length - gap)] as const;
  });
}

export const quoted = (time: number) => `'${text(time)}'`;
export const months = (prefix: string, bound: (time: number, end: boolean) => string) =>
  [-2, -1, 0, 1, 2].map(
    (offset) =>
      [
        `${prefix}_${tag(monthStart(offset)).slice(0, 6)}`,
        bound(monthStart(offset), false),
        bound(monthStart(offset + 1), true),
      ] as const,
  );

export const table = (type: string, more = "") =>
  `create table app.t (id bigint not null, at ${type}${more}) partition by range (at);`;
