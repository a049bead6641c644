// Requests Object Lock for an upload, and checks it on a stored object.
import type { ObjectLockMode } from "@aws-sdk/client-s3";
import type { ObjectLockArgs } from "../../core/declare/archive/bucket-args";
import { parseSpanDays } from "../../core/store/days";
import { StoreError } from "./store-errors";
import type { StoredObject } from "./store";

const DAY_MS = 24 * 60 * 60_000;

interface Lock {
  readonly ObjectLockMode: ObjectLockMode;
  readonly ObjectLockRetainUntilDate: Date;
}

/** Locks for whole days after today, by the store's clock: the local one may be wrong, and no lock may end too early. */
export function lockFrom(now: Date | undefined, { mode, for: length }: ObjectLockArgs, object: string): Lock {
  if (!now) throw new StoreError("unsupported", object, "locking", "the store reports no time");
  const tomorrow = Math.floor(now.getTime() / DAY_MS) + 1;
  return {
    ObjectLockMode: mode === "compliance" ? "COMPLIANCE" : "GOVERNANCE",
    ObjectLockRetainUntilDate: new Date((tomorrow + toDays(length)) * DAY_MS),
  };
}

/** Fails unless a stored object is locked: some stores take an object but refuse its lock, and the next run would find it. */
export function requireLock({ storedAt, lockedUntil }: StoredObject, lock: ObjectLockArgs, object: string): void {
  const end = (storedAt?.getTime() ?? 0) + toDays(lock.for) * DAY_MS;
  if (lockedUntil && lockedUntil.getTime() >= end) return;
  throw new StoreError(
    "configuration",
    object,
    "locking",
    lockedUntil ? `its lock ends already on ${lockedUntil.toISOString()}` : "it exists, and is not locked",
    `Lock it for ${lock.for} by hand, or grant the role s3:GetObjectRetention if it cannot see the lock.`,
  );
}

function toDays(length: string): number {
  const days = parseSpanDays(length);
  if (days === undefined) throw new Error(`"${length}" was not checked`);
  return days;
}
