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
  const archive = record(values["archive"]);
  return archive && { to: placeOf(archive), verify: text(archive["verify"]) };
}

/** Returns the location of an archive; for a table without a host, in the same database. */
export function placeOf(archive: Values | undefined): string | undefined {
  const table = record(archive?.["table"]);
  if (!table) return text(archive?.["to"]);
  const url = text(table["url"]);
  const host = url !== undefined && URL.canParse(url) ? new URL(url).host : "";
  return `table://${host}/${text(table["schema"]) ?? "?"}.${text(table["name"]) ?? "?"}`;
}

/** Returns the entries that the plan lists; a long list is cut, which its counts show. */
export function readRetire({ values }: KnownProperties): RetireEntry[] {
  return list(record(values["plan"])?.["retire"]).map((entry) => ({
    verb: text(entry["verb"]) ?? "?",
    partition: text(entry["partition"]) ?? "?",
    from: text(entry["from"]) ?? "..",
    to: text(entry["to"]) ?? "..",
    rows: number(entry["rows"]),
    archived: readArchived(record(entry["archived"])),
  }));
}

/** Reads the rule of the last update from a complete plan; a static one does not have it. */
export function readPrevious({ values }: KnownProperties): PreviousRule | undefined {
  const plan = record(values["plan"]);
  const previous = plan?.["complete"] === true ? record(plan["previous"]) : undefined;
  return previous && { retention: text(previous["retention"]), onExpire: text(previous["onExpire"]) };
}

export function readHolds({ values }: KnownProperties): DeclaredHold[] {
  return list(values["holds"]).map((hold) => ({
    from: text(hold["from"]) ?? "?",
    to: text(hold["to"]) ?? "?",
    until: text(hold["until"]),
  }));
}

function readArchived(facts: Values | undefined): ArchivedFacts | undefined {
  return (
    facts && {
      rows: number(facts["rows"]),
      objects: number(facts["objects"]),
      manifest: text(facts["manifest"]),
      verify: text(facts["verify"]),
      verifiedAt: text(facts["verifiedAt"]),
    }
  );
}

export function record(value: unknown): Values | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Values) : undefined;
}

function list(value: unknown): Values[] {
  return Array.isArray(value) ? value.map(record).filter((entry) => entry !== undefined) : [];
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
