/**
 * Values that cross the wire between engine and handlers: JSON-like data plus "not known yet". Secrets are marked separately,
 * by a list of paths, so that handlers read plain values and cannot forget to unwrap or re-wrap one.
 */
export type PropertyValue = null | boolean | number | string | readonly PropertyValue[] | PropertyMap | Unknown;

/** One bag of properties: the inputs or the outputs of a resource, or the configuration of the provider. */
export interface PropertyMap {
  readonly [key: string]: PropertyValue;
}

/** Position of a value in its bag: keys of maps and indexes of lists, outermost first. */
export type PropertyPath = readonly (string | number)[];

/** Value that preview cannot know yet, because another resource has still to be created. The only instance is UNKNOWN. */
class Unknown {
  /** Makes the type nominal: no plain object is taken for it. */
  private readonly brand = "unknown";

  /** Text in a message that contains an unknown by mistake. */
  toString(): string {
    return `(${this.brand} until up)`;
  }
}

export type { Unknown };

export const UNKNOWN = new Unknown();

export function isUnknown(value: PropertyValue | undefined): value is Unknown {
  return value === UNKNOWN;
}

/** Returns true if the value, or anything inside it, is not known yet. */
export function containsUnknown(value: PropertyValue | undefined): boolean {
  if (value === undefined || value === null || typeof value !== "object") return false;
  if (isUnknown(value)) return true;
  if (isList(value)) return value.some(containsUnknown);
  return Object.values(value as PropertyMap).some(containsUnknown);
}

/** Narrows readonly arrays out of a union, which Array.isArray does not. */
export function isList(value: PropertyValue | undefined): value is readonly PropertyValue[] {
  return Array.isArray(value);
}

/** Matches a map of properties: neither null, nor a list, nor unknown. */
export function isMap(value: PropertyValue | undefined): value is PropertyMap {
  return typeof value === "object" && value !== null && !isUnknown(value) && !isList(value);
}

/** Returns the value at the path, or undefined if the bag has none there. */
export function getValueAt(value: PropertyValue | undefined, path: PropertyPath): PropertyValue | undefined {
  let found = value;
  for (const step of path) {
    if (typeof step === "number") found = isList(found) ? found[step] : undefined;
    else found = isMap(found) && Object.hasOwn(found, step) ? found[step] : undefined;
  }
  return found;
}

/** Writes the path as Pulumi does in a CheckFailure or a detailed diff: `window.lead`, `levels[0].name`, `grants["a b"]`. */
export function formatPropertyPath(path: PropertyPath): string {
  return path.map(formatStep).join("");
}

function formatStep(step: string | number, position: number): string {
  if (typeof step === "number") return `[${step}]`;
  if (!/^[A-Za-z_$][\w$]*$/.test(step)) return `[${JSON.stringify(step)}]`;
  return position === 0 ? step : `.${step}`;
}
