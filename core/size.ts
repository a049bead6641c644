/** An amount of storage with its unit: 1 GB is 1,073,741,824 bytes, as PostgreSQL counts. */
export type Size = `${number} ${"kB" | "MB" | "GB" | "TB"}`;

export const SIZE_HINT = 'Write a number and kB, MB, GB or TB, such as "100 GB".';

const UNITS: Readonly<Record<string, number>> = { kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };

const SIZE = /^(\d{1,9}(?:\.\d{1,3})?) *(kB|MB|GB|TB)$/;

/** Returns the bytes of a declared amount; undefined if it is invalid. */
export function parseSize(text: string): number | undefined {
  const match = SIZE.exec(text.trim());
  return match ? Math.round(Number(match[1]) * (UNITS[match[2] ?? ""] ?? 0)) : undefined;
}

/** Formats bytes in the units in which an amount is declared: 8,589,934,592 are `8 GB`. */
export function formatSize(bytes: number): string {
  const [unit, one] = Object.entries(UNITS).findLast(([, size]) => bytes >= size) ?? ["B", 1];
  return `${Number((bytes / one).toPrecision(3))} ${unit}`;
}

/** Formats bytes for people: `1.2 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : Number(value.toPrecision(2))} ${units[unit] ?? "B"}`;
}
