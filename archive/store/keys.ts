// Which keys a store takes: none that any reader could take for a place outside of the store's prefix.
import { StoreError } from "./errors";

/** S3 takes no longer ones, prefix included. */
const MAX_KEY_BYTES = 1024;

/** File systems take no longer names, and one has to have room for what is written beside it. */
const MAX_PART_BYTES = 255;

/**
 * The key with the prefix before it. Refuses what leaves the prefix or would be read differently elsewhere: `..`, empty parts,
 * backslashes, control characters. `%2f` stays what it is, three characters: nothing here decodes a key.
 */
export function fullKey(url: string, prefix: string, key: string): string {
  const reason = reasonAgainst(key) ?? tooLong(joined(prefix, key));
  if (reason !== undefined) throw new StoreError("key", url, "using", `the key ${JSON.stringify(key)} ${reason}`);
  return joined(prefix, key);
}

/** Likewise for the beginning of keys, which may end anywhere and be empty. */
export function fullPrefix(url: string, prefix: string, start: string): string {
  const reason = start === "" ? undefined : reasonAgainst(start.replace(/\/$/, ""));
  if (reason !== undefined) throw new StoreError("key", url, "using", `the prefix ${JSON.stringify(start)} ${reason}`);
  return joined(prefix, start);
}

function joined(prefix: string, key: string): string {
  return prefix === "" ? key : `${prefix}/${key}`;
}

function reasonAgainst(key: string): string | undefined {
  const parts = key.split("/");
  if (parts.some((part) => part === "")) return "has an empty part";
  if (parts.some((part) => part === "." || part === "..")) return 'has a part "." or ".."';
  if (/[\\\p{Cc}\p{Surrogate}]/u.test(key)) return "has a backslash, a control character or half of a character";
  if (parts.some((part) => Buffer.byteLength(part) > MAX_PART_BYTES)) return "has a part of more than 255 bytes";
  return undefined;
}

function tooLong(key: string): string | undefined {
  return Buffer.byteLength(key) > MAX_KEY_BYTES ? "has more than 1024 bytes with the prefix" : undefined;
}
