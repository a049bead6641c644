import { z } from "zod";
import { InvalidSpecError, type Problem } from "../../problems/problem";
import { nameType } from "../option/shapes";
import { toShapeProblems } from "../../problems/shape-problems";
import type { ObjectLockArgs } from "./bucket-args";
import { type Location, parseLocation } from "../../store/location";
import { parseSpanDays } from "../../store/days";

/** Storage classes that an object may have from its upload on. */
const STORAGE_CLASSES = [
  "STANDARD",
  "INTELLIGENT_TIERING",
  "STANDARD_IA",
  "ONEZONE_IA",
  "GLACIER_IR",
  "GLACIER",
  "DEEP_ARCHIVE",
] as const;
type StorageClass = (typeof STORAGE_CLASSES)[number];

/** Destination of archives and settings of each object. Credentials are not part of it: they come from the environment. */
export interface StoreSettings {
  /** `s3://bucket/prefix`, or `file:///directory` on the machine that runs `pulumi up`. */
  readonly to: string;
  /** Region of the bucket. @default what AWS_REGION or the profile says; "us-east-1" where there is an endpoint */
  readonly region?: string;
  /** Address of an S3-compatible store. @default Amazon's @example "https://minio.example.com:9000" */
  readonly endpoint?: string;
  /** True to put the bucket in the path instead of the host name. @default true where there is an endpoint */
  readonly pathStyle?: boolean;
  /** KMS key that encrypts every object: ARN, id or alias. @default as the bucket encrypts */
  readonly kmsKey?: string;
  /**
   * Storage class of the data from its upload on; manifests keep the bucket's own. Objects in GLACIER or DEEP_ARCHIVE have to be
   * thawed before they can be read back or restored, which takes hours. @default the bucket's
   */
  readonly storageClass?: StorageClass;
  /**
   * Lock of every object: it cannot be deleted or overwritten before it ends. The bucket needs Object Lock.
   * @default as the bucket locks
   */
  readonly objectLock?: ObjectLockArgs;
}

const DAYS_HINT = 'Write a whole number and day, week, month or year, such as "7 years".';

/** Shape of each setting, shared with schemas that have further settings. */
export const storeSettingsShape = {
  to: z.string().min(1),
  region: z.string().min(1).optional(),
  endpoint: z.string().min(1).optional(),
  pathStyle: z.boolean().optional(),
  kmsKey: z.string().min(1).optional(),
  storageClass: nameType("ArchiveStorageClass", z.enum(STORAGE_CLASSES)).optional(),
  objectLock: nameType(
    "ArchiveLock",
    z.strictObject({
      mode: nameType("ArchiveLockMode", z.enum(["governance", "compliance"])),
      // Any text by its type; its meaning is checked later.
      for: z.string({ error: DAYS_HINT }) as unknown as z.ZodType<ObjectLockArgs["for"]>,
    }),
  ).optional(),
};

const storeSettingsSchema = z.strictObject(storeSettingsShape);

/** Reads settings of the right shape; undefined if problems, with paths below `path`, were added. */
export function checkStoreSettings(settings: StoreSettings, path: string, problems: Problem[]): Location | undefined {
  const joinPath = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const location = parseLocation(settings.to, joinPath("to"), problems);
  const report = (name: string, message: string, fix: string): void =>
    void problems.push({ path: joinPath(name), code: "invalid-value", message, fix });
  if (location?.kind === "file") refuseS3Only(settings, report);
  if (settings.endpoint !== undefined) checkEndpoint(settings.endpoint, report);
  if (settings.region !== undefined && !/^[a-z0-9-]+$/.test(settings.region))
    report("region", `${JSON.stringify(settings.region)} is not a region.`, 'Write it as "eu-central-1".');
  if (settings.kmsKey !== undefined && !/^[\w:/.-]+$/.test(settings.kmsKey))
    report("kmsKey", "it is no ARN, id or alias of a key.", 'Write it as "alias/archive", or as the ARN.');
  const lock = settings.objectLock;
  if (lock && parseSpanDays(lock.for) === undefined)
    report("objectLock.for", `"${lock.for}" is not a length of days.`, DAYS_HINT);
  return location;
}

/** Like {@link checkStoreSettings} for values of any shape; throws with every problem at once. */
export function requireStoreSettings(value: unknown, subject: string): { settings: StoreSettings; location: Location } {
  const shape = storeSettingsSchema.safeParse(value, { reportInput: true });
  if (!shape.success) throw new InvalidSpecError(subject, toShapeProblems(shape.error));
  const problems: Problem[] = [];
  const settings = shape.data as StoreSettings;
  const location = checkStoreSettings(settings, "", problems);
  if (location === undefined || problems.length > 0) throw new InvalidSpecError(subject, problems);
  return { settings, location };
}

type Say = (name: string, message: string, fix: string) => void;

const S3_ONLY = ["region", "endpoint", "pathStyle", "kmsKey", "storageClass", "objectLock"] as const;

function refuseS3Only(settings: StoreSettings, report: Say): void {
  for (const name of S3_ONLY)
    if (settings[name] !== undefined)
      report(name, "a directory has no such setting.", 'Remove it, or write to "s3://bucket/prefix".');
}

function checkEndpoint(text: string, report: Say): void {
  // The value is not shown: it may contain a user and a password.
  if (/^https?:\/\/[^/]*@/i.test(text))
    report("endpoint", "it has a user or a password before the @.", "Remove credentials from the address.");
  else if (!/^https?:\/\/(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?\/?$/i.test(text))
    report(
      "endpoint",
      "it is no address of a store.",
      'Write scheme, host and port: "https://minio.example.com:9000".',
    );
}
