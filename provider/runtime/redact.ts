import { isList, isMap, getValueAt } from "./values";
import type { PropertyMap, PropertyPath, PropertyValue } from "./values";

/** Shorter texts would also be found in ordinary words, and hide more than they protect. */
const SHORTEST = 3;
const HIDDEN = "[secret]";

/** Knows the secret texts of this process and removes them from all text shown to users. */
export class Redactor {
  private texts: string[] = [];

  /** Returns the text with every known secret replaced. */
  readonly clean = (text: string): string => {
    return this.texts.reduce((cleaned, secret) => cleaned.replaceAll(secret, HIDDEN), text);
  };

  /** Hides this text, and the forms it takes in a URL, in JSON and in SQL. */
  add(secret: string): void {
    const known = new Set(this.texts);
    for (const form of listForms(secret)) if (form.length >= SHORTEST) known.add(form);
    // Longest first: a whole connection string goes before the password inside it.
    this.texts = [...known].sort((a, b) => b.length - a.length);
  }

  /** Hides every text at these paths of the bag. */
  addFrom(bag: PropertyMap, paths: readonly PropertyPath[]): void {
    for (const path of paths) for (const text of listTexts(getValueAt(bag, path))) this.add(text);
  }
}

function listForms(secret: string): string[] {
  const password = parsePassword(secret);
  const plain = password === undefined ? [secret] : [secret, password, decodePercent(password)];
  return plain.flatMap((text) => [
    text,
    encodeURIComponent(toWellFormed(text)),
    JSON.stringify(text).slice(1, -1),
    text.replaceAll("'", "''"),
  ]);
}

/** Returns the password inside a connection URL, as written there. */
function parsePassword(text: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:\/\/[^:/@]*:([^@/]+)@/i.exec(text)?.[1];
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a bare % in the password: it is not encoded at all
  }
}

function listTexts(value: PropertyValue | undefined): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [String(value)];
  if (isList(value)) return value.flatMap(listTexts);
  return isMap(value) ? Object.values(value).flatMap(listTexts) : [];
}

/** Replaces lone surrogates: neither a URL, nor gRPC, nor protobuf on the Go side accepts them. */
export function toWellFormed(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
