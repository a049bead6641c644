import { requireStoreSettings, type StoreSettings } from "../../core/declare/archive/store-settings";
import { FileStore } from "./file";
import { S3Store } from "./s3";
import type { S3Limits } from "./s3-client";
import type { ObjectStore } from "./store";

/**
 * Returns the store for these settings. Nothing is loaded or requested before its first call: the SDK of S3 is large. Throws
 * InvalidSpecError with every problem of the settings.
 */
export function openStore(settings: StoreSettings, limits?: Partial<S3Limits>): ObjectStore {
  const valid = requireStoreSettings(settings, "the archive's store");
  return valid.location.kind === "file"
    ? new FileStore(valid.location)
    : new S3Store(valid.location, valid.settings, limits);
}
