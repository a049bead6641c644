import { z } from "zod";
import { checkName } from "../../names/name-problems";
import type { Problem } from "../../problems/problem";
import { formatPath } from "../../problems/shape-problems";
import { type ParsedSpan, parseSpan, type Span } from "../../time/span";
import { type ItemPlace, parseItem, pathAt } from "../option/item";
import { type Around, type OptionsOf, sentAs, collectShapes, collectWires } from "../option/option";
import { nameShape as name, createSpanShape, nameType } from "../option/shapes";

/** Storage of partitions by age: written to, read at times, hardly read. */
export interface StorageArgs {
  /** Partitions from their creation on. */
  readonly hot?: StorageProfileArgs;
  /** Partitions that ended `after` ago. */
  readonly warm?: AgedStorageProfileArgs;
  /** Partitions that ended `after` ago, longer than for `warm`. */
  readonly cold?: AgedStorageProfileArgs;
}

/** Storage of partitions of one age. A setting named in any profile is managed on every partition; others are left alone. */
export interface StorageProfileArgs {
  /**
   * Storage parameters. Takes SHARE UPDATE EXCLUSIVE on a partition, which blocks no reader or writer.
   * @example { fillfactor: 90, autovacuum_vacuum_scale_factor: 0.02 }
   */
  readonly options?: Readonly<Record<string, string | number | boolean>>;
  /** Storage parameters of its TOAST table, without the prefix `toast.`. @example { autovacuum_enabled: false } */
  readonly toast?: Readonly<Record<string, string | number | boolean>>;
  /** Tablespace. A move copies the partition while **its readers and writers wait**: for partitions that are not in use. */
  readonly tablespace?: string;
}

/** A profile that begins some time after a partition has ended. */
export interface AgedStorageProfileArgs extends StorageProfileArgs {
  /** Time from the partition's upper bound. @example "1 month" */
  readonly after: Span;
  /**
   * Freezes the partition once when it enters this profile (VACUUM FREEZE), so that no later vacuum has to. Empty pages at its
   * end are not truncated, because that takes ACCESS EXCLUSIVE. @default false
   */
  readonly freeze?: boolean;
}

/** Setting that keeps a partition frozen and also marks it as frozen: the catalogue has no other mark. */
export const FREEZE_SETTING = "autovacuum_freeze_min_age";

const AGES = ["hot", "warm", "cold"] as const;

/** Place of the options of a profile. */
interface AgePlace extends ItemPlace {
  readonly age: string;
  /** The profile before it that begins at some age. */
  readonly before: { readonly name: string; readonly span: ParsedSpan } | undefined;
}

const settingWire = nameType("Setting", z.object({ name, value: z.string() }));

const PROFILE = {
  options: defineSettings("options"),
  toast: defineSettings("toast"),
  tablespace: sentAs(name.optional(), parseTablespace, name.optional()),
} satisfies OptionsOf<StorageProfileArgs, AgePlace>;

const AGED = {
  /** A span; left out on the wire: from the beginning. */
  after: sentAs(createSpanShape("1 month"), parseAfter, z.string()),
  ...PROFILE,
  freeze: sentAs(z.boolean().optional(), parseFreeze, z.boolean().optional()),
} satisfies OptionsOf<AgedStorageProfileArgs, AgePlace>;

const profileWire = nameType(
  "StorageProfile",
  z.object({
    name: nameType("StorageAge", z.enum(AGES)),
    ...collectWires(AGED),
    after: AGED.after.wire.optional(),
  }),
);
export type StorageProfile = z.infer<typeof profileWire>;

export const storage = sentAs(
  z
    .strictObject({
      hot: z.strictObject(collectShapes(PROFILE)).optional(),
      warm: z.strictObject(collectShapes(AGED)).optional(),
      cold: z.strictObject(collectShapes(AGED)).optional(),
    })
    .optional(),
  parseStorage,
  z.array(profileWire).optional(),
);

function parseStorage(
  declared: StorageArgs | undefined,
  { problems }: Around<unknown, unknown>,
): StorageProfile[] | undefined {
  const profiles: StorageProfile[] = [];
  let before: AgePlace["before"];
  for (const age of AGES) {
    const profile = declared?.[age];
    if (!profile) continue;
    const place = { path: ["storage", age], age, before };
    if (!("after" in profile)) {
      profiles.push({ name: age, ...parseItem(PROFILE, profile, place, problems) });
      continue;
    }
    const span = parseSpan(profile.after);
    if (span) before = { name: age, span };
    profiles.push({ name: age, ...parseItem(AGED, profile, place, problems) });
  }
  return profiles.length > 0 ? profiles : undefined;
}

function parseAfter(after: Span, { age, before, problems }: Around<unknown, AgePlace>): string {
  const span = parseSpan(after);
  if (!span) problems.push(refuseSpan(age, after));
  else if (before && !isLonger(span, before.span)) problems.push(refuseShorter(age, before.name));
  return after;
}

/** Names of storage parameters are words of PostgreSQL's own; anything else could be SQL. */
const PARAMETER = /^[a-z_]+$/;

/** Creates the option for parameters of a table or of its TOAST table. */
function defineSettings(property: "options" | "toast") {
  const parse = (declared: StorageProfileArgs["options"], { age, problems }: Around<unknown, AgePlace>) => {
    const read = Object.entries(declared ?? {})
      .map(([parameter, value]) => {
        if (!PARAMETER.test(parameter)) problems.push(refuseParameter(age, property, parameter));
        return { name: parameter, value: String(value) };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return read.length > 0 ? read : undefined;
  };
  return sentAs(
    z.record(name, z.union([z.string(), z.number(), z.boolean()])).optional(),
    parse,
    z.array(settingWire).optional(),
  );
}

function parseTablespace(
  tablespace: string | undefined,
  { problems, ...place }: Around<unknown, AgePlace>,
): string | undefined {
  if (tablespace !== undefined) checkName(pathAt(place, "tablespace"), tablespace, problems);
  return tablespace;
}

function parseFreeze(
  freeze: boolean | undefined,
  { args, age, problems }: Around<AgedStorageProfileArgs, AgePlace>,
): boolean | undefined {
  if (freeze && FREEZE_SETTING in (args.options ?? {})) problems.push(refuseFreezingTwice(age));
  return freeze === true || undefined;
}

/** Average days of a unit, enough to decide which of two ages comes first. */
const DAYS: Readonly<Record<ParsedSpan["unit"], number>> = {
  hour: 1 / 24,
  day: 1,
  week: 7,
  month: 30.44,
  quarter: 91.3,
  year: 365.25,
};

function isLonger(span: ParsedSpan, than: ParsedSpan): boolean {
  return span.count * DAYS[span.unit] > than.count * DAYS[than.unit];
}

function refuseSpan(key: string, after: string): Problem {
  return {
    path: `storage.${key}.after`,
    code: "invalid-span",
    message: `${JSON.stringify(after)} is not a length of time with its unit.`,
    fix: 'Write for example "1 month".',
  };
}

function refuseShorter(key: string, before: string): Problem {
  return {
    path: `storage.${key}.after`,
    code: "invalid-value",
    message: `${key} would not begin after ${before}.`,
    fix: `Give ${key} a longer span than ${before}.`,
  };
}

function refuseFreezingTwice(key: string): Problem {
  return {
    path: `storage.${key}.options.${FREEZE_SETTING}`,
    code: "invalid-value",
    message: `freeze sets ${FREEZE_SETTING} = 0, and recognizes a frozen partition by it.`,
    fix: `Remove ${FREEZE_SETTING}, or freeze.`,
  };
}

function refuseParameter(key: string, property: string, parameter: string): Problem {
  return {
    path: formatPath(["storage", key, property, parameter]),
    code: "invalid-name",
    message: `${JSON.stringify(parameter)} is not the name of a storage parameter.`,
    fix: 'Write it as PostgreSQL does, for example "autovacuum_vacuum_scale_factor"; those of TOAST belong under toast, without the prefix.',
  };
}
