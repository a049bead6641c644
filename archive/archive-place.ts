import { keyInStore, storeOfManifest } from "../core/archive/layout";
import { formatLocation, parseLocation } from "../core/archive/location";
import type { StoreSettings } from "../core/archive/store-settings";
import { openStore } from "./store/open";
import type { ObjectStore } from "./store/store";

/** The store in which a manifest lies: the declared one with its settings, or another place with those that fit it. */
export function openStoreOfManifest(declared: StoreSettings | undefined, manifest: string): ObjectStore {
  if (declared && liesIn(declared.to, manifest)) return openStore(declared);
  const to = storeOfManifest(manifest);
  if (to === undefined)
    throw new Error(
      `"${manifest}" is no manifest in an object store: nothing was restored of it. Rows of an archive table are brought back by INSERT … SELECT`,
    );
  const { region, endpoint, pathStyle } = declared ?? {};
  return openStore({
    to,
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(pathStyle === undefined ? {} : { pathStyle }),
  });
}

function liesIn(to: string, manifest: string): boolean {
  const location = parseLocation(to, "", []);
  return location !== undefined && keyInStore(formatLocation(location), manifest) !== undefined;
}
