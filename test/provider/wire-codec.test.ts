import fc from "fast-check";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { describe, expect, it } from "vitest";
import { decode, encode, SIGNATURE_KEY, UNKNOWN_SENTINELS } from "../../provider/runtime/property-codec";
import { containsUnknown, formatPropertyPath, isList, isMap, isUnknown, UNKNOWN } from "../../provider/runtime/values";
import type { PropertyMap, PropertyPath, PropertyValue } from "../../provider/runtime/values";

// jspb.Map keeps its keys in a plain object and loses this one.
const key = fc.string().filter((text) => text !== "__proto__" && text !== SIGNATURE_KEY);
const { value } = fc.letrec<{ value: PropertyValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: "grapheme" }),
    fc.constant(UNKNOWN),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const bag: fc.Arbitrary<PropertyMap> = fc.dictionary(key, value, { maxKeys: 5, noNullPrototype: true });

function throughWire(struct: Struct): ReturnType<typeof decode> {
  return decode(Struct.deserializeBinary(struct.serializeBinary()));
}

function pathsOf(found: PropertyValue, path: PropertyPath = []): PropertyPath[] {
  const entries: (readonly [string | number, PropertyValue])[] = isList(found)
    ? found.map((item, index) => [index, item] as const)
    : isMap(found)
      ? Object.entries(found)
      : [];
  return entries.flatMap(([step, item]) => [[...path, step], ...pathsOf(item, [...path, step])]);
}

/** Without those that lie inside another one. */
function outermost(paths: readonly PropertyPath[]): PropertyPath[] {
  return paths.filter(
    (path) => !paths.some((other) => other.length < path.length && other.every((step, at) => step === path[at])),
  );
}

const texts = (paths: readonly PropertyPath[]): string[] => paths.map((path) => JSON.stringify(path)).sort();

describe("codec", () => {
  it("returns any bag as it was, unknowns included", () => {
    fc.assert(
      fc.property(bag, (given) => {
        expect(throughWire(encode(given))).toEqual({ value: given, secrets: [] });
      }),
    );
  });

  it("returns any choice of secret paths, the outermost of nested ones", () => {
    const marked = bag.chain((given) => fc.tuple(fc.constant(given), fc.subarray(pathsOf(given))));
    fc.assert(
      fc.property(marked, ([given, secrets]) => {
        const back = throughWire(encode(given, secrets));
        expect(back.value).toEqual(given);
        expect(texts(back.secrets)).toEqual(texts(outermost(secrets)));
      }),
    );
  });

  it("never lets a text at a secret path onto the wire unwrapped, whatever the shape found there", () => {
    const path = fc.array(fc.oneof(key, fc.nat(3)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(key, path, (top, rest) => {
        const back = throughWire(encode({ [top]: "canary" }, [[top, ...rest]]));
        expect(back.secrets).toEqual([[top]]);
      }),
    );
  });

  it("reads all seven unknown sentinels of the engine as unknown", () => {
    const found = decode(Struct.fromJavaScript({ all: [...UNKNOWN_SENTINELS] })).value["all"];
    expect(isList(found) && found.length === 7 && found.every(isUnknown)).toBe(true);
    expect(containsUnknown({ deep: [{ er: UNKNOWN }] })).toBe(true);
    expect(containsUnknown({ deep: [{ er: null }] })).toBe(false);
  });

  it("reads output values with and without a value, secret or not", () => {
    const output = { [SIGNATURE_KEY]: "d0e6a833031e9bbcd3f4e8bde6ca49a4" };
    const read = decode(
      Struct.fromJavaScript({
        known: { ...output, value: "a", dependencies: ["urn"] },
        secret: { ...output, value: "b", secret: true },
        unknown: { ...output, secret: true },
      }),
    );
    expect(read.value).toEqual({ known: "a", secret: "b", unknown: UNKNOWN });
    expect(read.secrets).toEqual([["secret"], ["unknown"]]);
  });

  it("reads a resource reference as its id, unknown while the id is, else as its URN", () => {
    const ref = { [SIGNATURE_KEY]: "5cf8f73096256a8f31e491e813e4eb8e", urn: "urn:x" };
    const read = decode(Struct.fromJavaScript({ a: { ...ref, id: "7" }, b: { ...ref, id: "" }, c: ref }));
    expect(read.value).toEqual({ a: "7", b: UNKNOWN, c: "urn:x" });
  });

  it("refuses an asset by its path", () => {
    const asset = { [SIGNATURE_KEY]: "c44067f5952c0a294b673a41bacd8c17", text: "x" };
    expect(() => decode(Struct.fromJavaScript({ a: [{ "b c": asset }] }))).toThrow('"a[0]["b c"]" is an asset');
  });

  it("refuses a number that state cannot hold", () => {
    expect(() => encode({ window: { rows: Number.NaN } })).toThrow('"window.rows" is NaN');
  });

  it("writes paths as the engine reads them", () => {
    expect(formatPropertyPath(["levels", 0, "name", "a.b", "$c"])).toBe('levels[0].name["a.b"].$c');
    expect(formatPropertyPath(["a-b"])).toBe('["a-b"]');
  });
});
