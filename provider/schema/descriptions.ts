import { COMMON_NAMES, COMMON_TEXTS, type ResourceType } from "../../core/resources/resource-type";
import { getDocstring, getInterfaceDocstring } from "../../core/declare/option/docstring";
import { PROPERTIES } from "./texts/properties";
import { TYPES } from "./texts/types";
import { TYPE_NAMES } from "./type-names";

type Texts = Readonly<Record<string, string | undefined>>;

/** Arguments that a type is built from, where these are not called `<name>Args`. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  Provider: ["ConnectionArgs", "ProviderArgs"],
  PartitionProfile: ["TableSpecArgs"],
  PublicationCreation: ["CreatePublicationArgs"],
  CheckConstraint: ["CheckArgs"],
  IndexDefinition: ["IndexArgs"],
  StorageProfile: ["StorageProfileArgs", "AgedStorageProfileArgs"],
  Levels: ["RangeLevelArgs"],
  Key: ["RangeLevelArgs"],
  BranchLevel: ["ListLevelArgs", "HashLevelArgs"],
  ValueSource: ["ListValuesArgs"],
  GridOverride: ["LevelOverrideArgs"],
  GridSegment: ["SegmentArgs"],
  Restored: ["RestoredRangeArgs"],
  ArchiveLock: ["ObjectLockArgs"],
  Schedule: ["ScheduleArgs", "NoScheduleArgs"],
};

/** Texts and names of the package's schema. A missing one is an error. */
export interface SchemaTexts {
  /**
   * Returns the text of a property: that of its resource, or of texts/properties.ts where it travels with another meaning,
   * else the docstring of the argument, else the one for all (`*.property`).
   */
  property(owner: string, name: string, optional?: boolean): string;
  /** Returns the name of a property's type, where its shape has none by nameType(). */
  typeName(path: string): string;
  /**
   * Returns the text of a named type: its own, else the docstring of the arguments, else the first sentence about the property
   * that has it.
   */
  type(name: string, property?: string): string;
}

/** Returns the texts of the resources, and those that resources share. */
export function collectSchemaTexts(resources: readonly ResourceType[]): SchemaTexts {
  const types = Object.assign({}, ...resources.map((resource) => resource.types ?? {})) as ResourceType["types"] &
    object;
  const properties: Texts = {
    ...PROPERTIES,
    ...prefixByOwner(resources.map(({ name, texts }) => [name, { database: COMMON_TEXTS.database, ...texts }])),
    ...prefixByOwner(Object.entries(types).map(([name, { texts }]) => [name, texts ?? {}])),
  };
  const names: Texts = {
    ...TYPE_NAMES,
    ...prefixByOwner(resources.map((resource) => [resource.name, { ...COMMON_NAMES, ...resource.names }])),
    ...prefixByOwner(Object.entries(types).map(([name, type]) => [name, type.names ?? {}])),
  };
  const listArguments = (owner: string): readonly string[] =>
    resources.find(({ name }) => name === owner)?.arguments ?? ARGUMENTS[owner] ?? [`${owner}Args`];
  return {
    property: (owner, name, optional = true) => {
      const docstrings = listArguments(owner).flatMap((args) => getDocstring(args, name, optional) ?? []);
      const path = `${owner}.${name}`;
      return requireText(properties[path] ?? docstrings[0] ?? properties[`*.${name}`], path, "description");
    },
    typeName: (path) => requireText(names[path], path, "name for its type"),
    type: (name, property) => {
      const docstrings = listArguments(name).flatMap((args) => getInterfaceDocstring(args) ?? []);
      return requireText(
        types[name]?.text ?? TYPES[name] ?? docstrings[0] ?? firstSentence(property),
        name,
        "description",
      );
    },
  };
}

/** Returns the text of a function, the provider or the package. */
export function describeResource(name: string): string {
  return requireText(RESOURCES[name], name, "description");
}

/** The whole text, if it explains one word after the other: "`closed`: …". */
function firstSentence(text: string | undefined): string | undefined {
  return text?.startsWith("`") === true ? text : text && /^.*?[.](?= |$)/.exec(text)?.[0];
}

function prefixByOwner(owners: readonly (readonly [owner: string, texts: Texts])[]): Texts {
  return Object.fromEntries(
    owners.flatMap(([owner, texts]) => Object.entries(texts).map(([key, text]) => [`${owner}.${key}`, text])),
  );
}

function requireText(text: string | undefined, path: string, what: string): string {
  if (text === undefined)
    throw new Error(
      `${path} has no ${what}: add it to its resource in core/resources/, or to provider/package-schema/`,
    );
  return text;
}

/** One text for each resource and function. */
const RESOURCES: Readonly<Record<string, string>> = {
  Package:
    "Time-partitioned PostgreSQL tables with a rolling window: partitions are created ahead and retired by `pulumi up`, and preview shows every statement with its locks.",
  Provider:
    "One PostgreSQL database (15 to 18). Connects when first needed; settings left out come from the PG* environment variables.",
  planPartitions:
    "The partitions that a program should declare as resources at a moment: those of its window, and former ones as long as their tables exist. The component PartitionedTable asks it. Reads only.",
  printPlan:
    "Prints the plans that this preview has made for several tables as one: a line over all, each table with its changes, every kind of statement with its locks. The components ask for it. Reads and changes nothing.",
  getPartitions: "The partitions of a table as they are now. Reads only.",
};
