import type { KnownProperties } from "./rule";

/** Destination of a table's expired partitions before they are dropped. */
export interface ArchiveProperties {
  /** `s3://bucket/prefix`, `file:///folder` or `table://host/schema.name`. Undefined: not known yet. */
  readonly to: string | undefined;
  readonly verify: string | undefined;
}

/** The plan's facts about the archive of a partition that it drops. */
interface ArchivedFacts {
  readonly rows: number | undefined;
  readonly objects: number | undefined;
  readonly manifest: string | undefined;
  readonly verify: string | undefined;
  readonly verifiedAt: string | undefined;
}

/** A partition that the plan retires, or would. */
export interface RetireEntry {
  readonly verb: string;
  readonly partition: string;
  readonly from: string;
  readonly to: string;
  readonly rows: number | undefined;
  readonly archived: ArchivedFacts | undefined;
}

/** Rule of the last update, if it differs from the declared one. */
interface PreviousRule {
  readonly retention: string | undefined;
  readonly onExpire: string | undefined;
}

/** A range that must not be dropped, as a program declares it. */
export interface DeclaredHold {
  readonly from: string;
  readonly to: string;
  readonly until: string | undefined;
}

type Values = Readonly<Record<string, unknown>>;

/** Reads the archive; undefined if the table has none. */
export function readArchive({ values, unknown }: KnownProperties): ArchiveProperties | undefined {
  if (unknown.includes("archive")) return { to: undefined, verify: undefined };
  const archive = readRecord(values["archive"]);
  return archive && { to: formatPlace(archive), verify: readText(archive["verify"]) };
}

/** Returns the location of an archive; for a table without a host, in the same database. */
export function formatPlace(archive: Values | undefined): string | undefined {
  const table = readRecord(archive?.["table"]);
  if (!table) return readText(archive?.["to"]);
  const url = readText(table["url"]);
  const host = url !== undefined && URL.canParse(url) ? new URL(url).host : "";
  return `table://${host}/${readText(table["schema"]) ?? "?"}.${readText(table["name"]) ?? "?"}`;
}

/** Returns the entries that the plan lists; a long list is cut, which its counts show. */
export function readRetire({ values }: KnownProperties): RetireEntry[] {
  return list(readRecord(values["plan"])?.["retire"]).map((entry) => ({
    verb: readText(entry["verb"]) ?? "?",
    partition: readText(entry["partition"]) ?? "?",
    from: readText(entry["from"]) ?? "..",
    to: readText(entry["to"]) ?? "..",
    rows: readNumber(entry["rows"]),
    archived: readArchived(readRecord(entry["archived"])),
  }));
}

/** Reads the rule of the last update from a complete plan; a static one does not have it. */
export function readPrevious({ values }: KnownProperties): PreviousRule | undefined {
  const plan = readRecord(values["plan"]);
  const previous = plan?.["complete"] === true ? readRecord(plan["previous"]) : undefined;
  return previous && { retention: readText(previous["retention"]), onExpire: readText(previous["onExpire"]) };
}

export function readHolds({ values }: KnownProperties): DeclaredHold[] {
  return list(values["holds"]).map((hold) => ({
    from: readText(hold["from"]) ?? "?",
    to: readText(hold["to"]) ?? "?",
    until: readText(hold["until"]),
  }));
}

function readArchived(facts: Values | undefined): ArchivedFacts | undefined {
  return (
    facts && {
      rows: readNumber(facts["rows"]),
      objects: readNumber(facts["objects"]),
      manifest: readText(facts["manifest"]),
      verify: readText(facts["verify"]),
      verifiedAt: readText(facts["verifiedAt"]),
    }
  );
}

export function readRecord(value: unknown): Values | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Values) : undefined;
}

function list(value: unknown): Values[] {
  return Array.isArray(value) ? value.map(readRecord).filter((entry) => entry !== undefined) : [];
}

export function readText(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

function readNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
