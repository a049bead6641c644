import { docstringOf, docstringOfInterface } from "../../core/spec/docstring";
import { PROPERTIES } from "./texts/properties";
import { RESOURCES } from "./texts/resources";
import { TYPES } from "./texts/types";

/** The arguments that a resource or type is made of, where these are not called `<name>Args`. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  PartitionWindow: ["TableSpecArgs", "WindowArgs"],
  Table: ["TableSpecArgs"],
  LeafProfile: ["TableSpecArgs"],
  RowPolicy: ["TableSpecArgs"],
  CronJob: ["ScheduleArgs"],
  PublicationMember: ["PublicationArgs"],
  PublicationCreation: ["CreatePublicationArgs"],
  CheckConstraint: ["CheckArgs"],
  IndexDefinition: ["IndexArgs"],
  StorageProfile: ["AgedStorageProfileArgs", "StorageProfileArgs"],
  BranchLevel: ["ListLevelArgs", "HashLevelArgs"],
  ValueSource: ["ListValuesArgs"],
  GridOverride: ["LevelOverrideArgs"],
  GridSegment: ["SegmentArgs"],
  Restored: ["RestoredRangeArgs"],
  ArchiveLock: ["ObjectLockArgs"],
  Schedule: ["ScheduleArgs", "NoScheduleArgs"],
};

/**
 * Text of a property: one of texts/properties.ts where it means something else as it travels, else the docstring of the
 * argument, else what reads the same everywhere (`*.property`). Missing: an error.
 */
export function describeProperty(owner: string, name: string, optional = true): string {
  const path = `${owner}.${name}`;
  const docstrings = argumentsOf(owner).flatMap((args) => docstringOf(args, name, optional) ?? []);
  return required(PROPERTIES[path] ?? docstrings[0] ?? PROPERTIES[`*.${name}`], path);
}

/** Text of a named type: one of texts/types.ts, else the docstring of the arguments, else that of the property which has it. */
export function describeType(name: string, property?: string): string {
  const docstrings = argumentsOf(name).flatMap((args) => docstringOfInterface(args) ?? []);
  return required(TYPES[name] ?? docstrings[0] ?? property, name);
}

/** Text of a resource, a function, the provider or the package. */
export function describeResource(name: string): string {
  return required(RESOURCES[name], name);
}

function argumentsOf(owner: string): readonly string[] {
  return ARGUMENTS[owner] ?? [`${owner}Args`];
}

function required(text: string | undefined, path: string): string {
  if (text === undefined) throw new Error(`${path} has no description: add it to provider/schema/texts/`);
  return text;
}
