import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { formatPropertyPath, isList, isUnknown, UNKNOWN } from "./values";
import type { PropertyMap, PropertyPath, PropertyValue } from "./values";

/** A bag as handlers see it: plain values, and the paths of those that are secret. */
export interface Decoded {
  readonly value: PropertyMap;
  readonly secrets: readonly PropertyPath[];
}

/** A map with this key is no map but one of the special values below (sdk/go/common/resource/sig). */
export const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";

/** Sentinel for "not known yet"; the engine has one for each type that the value will have. This provider sends the first. */
const UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
export const UNKNOWN_SENTINELS: ReadonlySet<string> = new Set([
  UNKNOWN_STRING,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Reads a bag off the wire. A missing bag is an empty one: the engine leaves out what is nil. */
export function decode(struct: Struct | undefined): Decoded {
  const secrets: PropertyPath[] = [];
  const wire = struct?.toJavaScript() ?? {};
  return { value: decodeMap(wire, [], secrets), secrets };
}

/**
 * Writes a bag to the wire, each value at a secret path wrapped. A path that ends inside a value that is neither a map nor a
 * list wraps that value instead: rather too much secret than too little.
 */
export function encode(value: PropertyMap, secrets: readonly PropertyPath[] = []): Struct {
  return Struct.fromJavaScript(encodeMap(value, buildMarks(secrets), []));
}

type WireMap = Record<string, JavaScriptValue>;

function decodeMap(wire: WireMap, path: PropertyPath, secrets: PropertyPath[]): PropertyMap {
  return Object.fromEntries(
    Object.entries(wire).map(([key, item]) => [key, decodeValue(item, [...path, key], secrets)]),
  );
}

function decodeValue(wire: JavaScriptValue, path: PropertyPath, secrets: PropertyPath[]): PropertyValue {
  if (typeof wire === "string") return UNKNOWN_SENTINELS.has(wire) ? UNKNOWN : wire;
  if (wire === null || typeof wire !== "object") return wire;
  if (Array.isArray(wire)) return wire.map((item, index) => decodeValue(item, [...path, index], secrets));
  const map = wire as WireMap; // the typings use `{}` for maps
  return SIGNATURE_KEY in map ? decodeSpecial(map, path, secrets) : decodeMap(map, path, secrets);
}

function decodeSpecial(wire: WireMap, path: PropertyPath, secrets: PropertyPath[]): PropertyValue {
  switch (wire[SIGNATURE_KEY]) {
    case SECRET:
      return decodeSecret(wire["value"], path, secrets);
    case OUTPUT:
      // Output values carry their own secret flag; without a value they are unknown. Dependencies are the engine's.
      if (wire["secret"] === true) return decodeSecret(wire["value"], path, secrets);
      return wire["value"] === undefined ? UNKNOWN : decodeValue(wire["value"], path, secrets);
    case RESOURCE:
      // As the engine does for providers without resource references: the id stands for the resource, else its URN.
      return decodeValue(wire["id"] === "" ? UNKNOWN_STRING : (wire["id"] ?? wire["urn"] ?? null), path, secrets);
    case ASSET:
    case ARCHIVE:
      throw new Error(
        `property "${formatPropertyPath(path)}" is an asset or archive; give its text as a string instead`,
      );
    default:
      throw new Error(
        `property "${formatPropertyPath(path)}" has a signature this provider does not know; update the provider`,
      );
  }
}

function decodeSecret(wire: JavaScriptValue | undefined, path: PropertyPath, secrets: PropertyPath[]): PropertyValue {
  secrets.push(path);
  // Secrets inside a secret are already covered by the outer path.
  return wire === undefined ? UNKNOWN : decodeValue(wire, path, []);
}

/** Secret paths as a tree: walked together with the value. */
interface Marks {
  readonly children: Map<string | number, Marks>;
  secret: boolean;
}

function buildMarks(paths: readonly PropertyPath[]): Marks {
  const root: Marks = { children: new Map(), secret: false };
  for (const path of paths) {
    let node = root;
    for (const step of path) {
      const next = node.children.get(step) ?? { children: new Map<string | number, Marks>(), secret: false };
      node.children.set(step, next);
      node = next;
    }
    node.secret = true;
  }
  return root;
}

function encodeMap(value: PropertyMap, marks: Marks | undefined, path: PropertyPath): WireMap {
  // `undefined` is not in the type, but an optional property set to it by a cast must not break the wire.
  const present = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    present.map(([key, item]) => [key, encodeValue(item, marks?.children.get(key), [...path, key])]),
  );
}

function encodeValue(value: PropertyValue, marks: Marks | undefined, path: PropertyPath): JavaScriptValue {
  if (marks?.secret === true) return wrapSecret(encodeValue(value, undefined, path));
  if (isUnknown(value)) return marks === undefined ? UNKNOWN_STRING : wrapSecret(UNKNOWN_STRING);
  if (value === null) return null;
  if (isList(value)) return value.map((item, index) => encodeValue(item, marks?.children.get(index), [...path, index]));
  if (typeof value === "object") return encodeMap(value, marks, path);
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new Error(`property "${formatPropertyPath(path)}" is ${value}, which the engine's state cannot hold`);
  }
  return marks === undefined ? value : wrapSecret(value);
}

function wrapSecret(wire: JavaScriptValue): WireMap {
  return { [SIGNATURE_KEY]: SECRET, value: wire };
}
