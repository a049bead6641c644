import type { Problem } from "../problems/problem";

/** Location of archives. */
export type Location =
  /** `prefix` has no leading or trailing slash, and is empty for the whole bucket. */
  | { readonly kind: "s3"; readonly bucket: string; readonly prefix: string }
  /** An absolute path, without a trailing slash. */
  | { readonly kind: "file"; readonly directory: string };

const EXAMPLES = 'Write "s3://bucket/prefix", or "file:///directory" for a directory of this machine.';

/** Reads `s3://bucket/prefix` or `file:///directory`. Undefined if it is neither, with the problems added at `path`. */
export function parseLocation(text: string, path: string, problems: Problem[]): Location | undefined {
  const found: Problem[] = [];
  const report = (message: string, fix: string): void => void found.push({ path, code: "invalid-value", message, fix });
  const location = read(text, report);
  problems.push(...found);
  return found.length > 0 ? undefined : location;
}

/** Returns the URL of a location, which {@link parseLocation} reads as the same again. */
export function formatLocation(location: Location): string {
  switch (location.kind) {
    case "s3":
      return `s3://${location.bucket}${location.prefix === "" ? "" : `/${location.prefix}`}`;
    case "file":
      return `file://${location.directory.split("/").map(encodeURIComponent).join("/")}`;
  }
}

type Say = (message: string, fix: string) => void;

function read(text: string, report: Say): Location | undefined {
  const [, scheme, rest = ""] = /^([a-z0-9+.-]+):\/\/(.*)$/su.exec(text) ?? [];
  if (scheme !== "s3" && scheme !== "file") {
    report(`${maskCredentials(text)} is not a store for archives.`, EXAMPLES);
    return undefined;
  }
  // A secret key may contain a slash.
  if (/^[^/]*@/.test(rest) || /^[^/]*:.*@/su.test(rest)) {
    report("it has a user or a key before the @.", `Remove credentials from the address. ${EXAMPLES}`);
    return undefined;
  }
  if (/[?#]/.test(rest)) {
    report(`${maskCredentials(text)} has a query or a fragment.`, EXAMPLES);
    return undefined;
  }
  return scheme === "s3" ? readS3(text, rest, report) : readFile(text, rest, report);
}

function readS3(text: string, rest: string, report: Say): Location {
  const slash = rest.indexOf("/");
  const bucket = slash < 0 ? rest : rest.slice(0, slash);
  const prefix = slash < 0 ? "" : rest.slice(slash + 1).replace(/\/$/, "");
  checkBucket(bucket, report);
  if (prefix.includes("%"))
    report(
      `${maskCredentials(text)} has a % in its prefix, which each tool reads in its own way.`,
      "Write plain characters.",
    );
  checkFolders(prefix, text, report);
  return { kind: "s3", bucket, prefix };
}

/** Checks the rules of S3 for the names of general purpose buckets. */
function checkBucket(bucket: string, report: Say): void {
  const valid =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) && !bucket.includes("..") && !/^\d+(\.\d+){3}$/.test(bucket);
  if (!valid)
    report(
      `${maskCredentials(bucket)} is not the name of a bucket.`,
      "A bucket has 3 to 63 lower-case letters, digits, dots and hyphens, and begins and ends with a letter or digit.",
    );
}

function readFile(text: string, rest: string, report: Say): Location | undefined {
  if (!rest.startsWith("/")) {
    report(`${maskCredentials(text)} names a host or a relative path.`, 'Write three slashes: "file:///directory".');
    return undefined;
  }
  // Some readers would take such a character for part of a name, others for its end.
  if (/%2f|%5c|%00/i.test(rest)) {
    report(`${maskCredentials(text)} hides a slash, a backslash or NUL as % and digits.`, "Write plain slashes.");
    return undefined;
  }
  const directory = tryDecode(rest)?.replace(/\/+$/, "");
  if (directory === undefined) {
    report(`${maskCredentials(text)} has a % that no two digits follow.`, "Write %25 for a percent sign.");
    return undefined;
  }
  if (directory === "") {
    report("the root of the file system is not a store for archives.", EXAMPLES);
    return undefined;
  }
  checkFolders(directory.slice(1), text, report);
  return { kind: "file", directory };
}

function checkFolders(folders: string, text: string, report: Say): void {
  if (folders === "") return;
  if (folders.split("/").some((part) => part === "" || part === "." || part === ".."))
    report(`${maskCredentials(text)} has an empty folder, "." or ".." in it.`, "Write each folder by its name.");
  if (/[\\\p{Cc}\p{Surrogate}]/u.test(folders))
    report(
      `${maskCredentials(text)} has a backslash or a control character in it.`,
      "Write names with plain slashes between.",
    );
}

function tryDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Returns the text as written, except possible credentials: everything before an @. */
function maskCredentials(text: string): string {
  const harmless = text.replace(/\/\/.*@/su, "//***@");
  return JSON.stringify(harmless.length > 120 ? `${harmless.slice(0, 117)}...` : harmless);
}
