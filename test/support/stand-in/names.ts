// Names of properties: Pulumi writes `sseAlgorithm`, the API of S3 `SSEAlgorithm`.
import { isList, isMap, type PropertyMap, type PropertyValue } from "../../../provider/runtime/values";

const SPECIAL: Readonly<Record<string, string>> = {
  id: "ID",
  sseAlgorithm: "SSEAlgorithm",
  kmsMasterKeyId: "KMSMasterKeyID",
};
const BACK = Object.fromEntries(Object.entries(SPECIAL).map(([ours, theirs]) => [theirs, ours]));

/** All the way down. */
export function toApi(value: PropertyValue | undefined): unknown {
  return renamed(value, (key) => SPECIAL[key] ?? `${key.charAt(0).toUpperCase()}${key.slice(1)}`);
}

/** All the way down. Years of zero are how one server says that there are none. */
export function fromApi(value: unknown): PropertyMap {
  const found = renamed(value as PropertyValue, (key) => BACK[key] ?? `${key.charAt(0).toLowerCase()}${key.slice(1)}`);
  return isMap(found as PropertyValue) ? (found as PropertyMap) : {};
}

function renamed(value: PropertyValue | undefined, rename: (key: string) => string): unknown {
  if (isList(value)) return value.map((item) => renamed(item, rename));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [rename(key), renamed(item, rename)]),
  );
}
