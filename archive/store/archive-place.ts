import { findKeyInStore, findStoreOfManifest } from "../../core/store/layout";
import { formatLocation, parseLocation } from "../../core/store/location";
import type { StoreSettings } from "../../core/declare/archive/store-settings";
import { explainTableInsteadOfStore } from "../../core/declare/archive/table-destination";
import { openStore } from "./open";
import type { ObjectStore } from "./store";

/**
 * Opens the store that contains a manifest: the declared one with its settings, or another one with those settings that fit it.
 * Settings given by hand take precedence.
 */
export function openStoreOfManifest(
  table: { readonly schema: string; readonly table: string },
  declared: StoreSettings | undefined,
  manifest: string,
  given: Pick<StoreSettings, "region" | "endpoint"> = {},
): ObjectStore {
  const rows = explainTableInsteadOfStore(manifest, table);
  if (rows !== undefined) throw new Error(`"${manifest}" is no object of a store: ${rows}`);
  if (declared && isStoredIn(declared.to, manifest)) return openStore({ ...declared, ...given });
  const to = findStoreOfManifest(manifest);
  if (to === undefined)
    throw new Error(
      `"${manifest}" is not the name of a manifest, which ends in /table=…/from=…/gen=…/_manifest.json, or one of an earlier version in .manifest.json`,
    );
  const { region, endpoint, pathStyle } = declared ?? {};
  return openStore({
    to,
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(pathStyle === undefined ? {} : { pathStyle }),
    ...given,
  });
}

function isStoredIn(to: string, manifest: string): boolean {
  const location = parseLocation(to, "", []);
  return location !== undefined && findKeyInStore(formatLocation(location), manifest) !== undefined;
}
