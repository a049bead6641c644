// Checks keys: none may be read as a location outside of the store's prefix.
import { StoreError } from "./store-errors";

/** Limit of S3, prefix included. */
const MAX_KEY_BYTES = 1024;

/** Limit of file systems for a name. */
const MAX_PART_BYTES = 255;

/**
 * Returns the key with the prefix before it. Refuses keys that leave the prefix or that other software would read differently:
 * `..`, empty parts, backslashes, control characters. `%2f` remains three characters: nothing here decodes a key.
 */
export function toFullKey(url: string, prefix: string, key: string): string {
  const reason = explainBadKey(key) ?? explainTooLong(joinKey(prefix, key));
  if (reason !== undefined) throw new StoreError("key", url, "using", `the key ${JSON.stringify(key)} ${reason}`);
  return joinKey(prefix, key);
}

/** Does the same for the beginning of keys, which may end anywhere and be empty. */
export function toFullPrefix(url: string, prefix: string, start: string): string {
  const reason = start === "" ? undefined : explainBadKey(start.replace(/\/$/, ""));
  if (reason !== undefined) throw new StoreError("key", url, "using", `the prefix ${JSON.stringify(start)} ${reason}`);
  return joinKey(prefix, start);
}

function joinKey(prefix: string, key: string): string {
  return prefix === "" ? key : `${prefix}/${key}`;
}

function explainBadKey(key: string): string | undefined {
  const parts = key.split("/");
  if (parts.some((part) => part === "")) return "has an empty part";
  if (parts.some((part) => part === "." || part === "..")) return 'has a part "." or ".."';
  if (/[\\\p{Cc}\p{Surrogate}]/u.test(key)) return "has a backslash, a control character or half of a character";
  if (parts.some((part) => Buffer.byteLength(part) > MAX_PART_BYTES)) return "has a part of more than 255 bytes";
  return undefined;
}

function explainTooLong(key: string): string | undefined {
  return Buffer.byteLength(key) > MAX_KEY_BYTES ? "has more than 1024 bytes with the prefix" : undefined;
}
