import { PROPERTIES } from "./texts/properties";
import { RESOURCES } from "./texts/resources";
import { TYPES } from "./texts/types";

/** Text of a property, `Owner.property`; what reads the same everywhere stands under `*.property`. Missing: an error. */
export function describeProperty(path: string): string {
  return required(PROPERTIES[path] ?? PROPERTIES[`*.${path.split(".")[1] ?? ""}`], path);
}

export function describeType(name: string): string {
  return required(TYPES[name], name);
}

/** Text of a resource, a function, the provider or the package. */
export function describeResource(name: string): string {
  return required(RESOURCES[name], name);
}

function required(text: string | undefined, path: string): string {
  if (text === undefined) throw new Error(`${path} has no description: add it to provider/schema/texts/`);
  return text;
}
