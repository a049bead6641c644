import type { z } from "zod";
import type { TableSpec } from "../declare/table/spec";
import type { ResourceNotes } from "./notes";

type Shape = Readonly<Record<string, z.ZodType>>;
type Infer<S extends Shape> = z.infer<z.ZodObject<S>>;

/** Texts of properties that read the same for every resource. */
export const COMMON_TEXTS = {
  schema: "Schema of the table.",
  table: "Name of the partitioned table. Never changes: a table with data is not renamed or replaced.",
  key: "The partition key.",
  database: "The database that the resource was applied to.",
} as const;

/** Names of the types of such properties. */
export const COMMON_NAMES = { key: "Key", database: "DatabaseIdentity" } as const;

/** A text for each property; those of COMMON_TEXTS only where they read otherwise. */
type Texts<S> = Readonly<
  { [K in Exclude<keyof S, keyof typeof COMMON_TEXTS>]: string } & {
    [K in keyof S & keyof typeof COMMON_TEXTS]?: string;
  }
>;

/** Inputs that are arguments of a table have their docstrings, unless they mean something else as they travel. */
type InputTexts<In, Args> = Args extends readonly [] ? Texts<In> : Readonly<{ [K in keyof In]?: string }>;

/** A named type that no other resource has. */
interface OwnType {
  readonly text: string;
  /** Texts of its properties, where it is an object. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Names of their types, where they need one. */
  readonly names?: Readonly<Record<string, string>>;
}

/** A resource beside a table, and the end of its name. */
interface Beside<Inputs> {
  readonly suffix: string;
  readonly inputs: Inputs;
}

interface Declaration<In extends Shape, Checked extends Shape, Facts extends Shape, Operation extends string, Args> {
  readonly name: string;
  readonly description: string;
  /** Properties that a program declares, or a component for it: how they travel to the provider. */
  readonly inputs: z.ZodObject<In>;
  /** Inputs that Check adds: what is due. Programs see them as outputs. */
  readonly checked?: z.ZodObject<Checked>;
  /** Outputs that the database says. `database`, which every resource has, is added. */
  readonly facts: z.ZodObject<Facts>;
  /** Interfaces of the arguments that the inputs come from. Left out: none. */
  readonly arguments?: Args;
  readonly texts: InputTexts<In, Args> & Texts<Checked & Facts>;
  /** Names of the types of inputs and facts whose shapes have none by typeNamed(). */
  readonly names?: Readonly<{ [K in keyof In | keyof Checked | keyof Facts]?: string }>;
  /** Named types that no other resource has. */
  readonly types?: Readonly<Record<string, OwnType>>;
  readonly notes: ResourceNotes<Operation>;
  /** Those that a declared table has beside it: they wait for the table and for nothing else. */
  readonly ofTable?: (table: TableSpec) => readonly Beside<Infer<In>>[];
}

/**
 * Everything about one type of resource but what it does: the handler in provider/, the class in components/, the package
 * schema and the reference page are made from it.
 */
export interface ResourceType<
  In extends Shape = Shape,
  Checked extends Shape = Shape,
  Facts extends Shape = Shape,
  Operation extends string = string,
> extends Omit<Declaration<In, Checked, Facts, Operation, readonly string[]>, "texts" | "names"> {
  readonly token: string;
  readonly texts: Readonly<Record<string, string | undefined>>;
  readonly names?: Readonly<Record<string, string | undefined>>;
}

/** Inputs of a resource as its handler reads them. */
export type InputsOf<T extends ResourceType> = z.infer<T["inputs"]>;
/** Facts of a resource as its handler gives them. */
export type FactsOf<T extends ResourceType> = z.infer<T["facts"]>;

export function resourceType<
  In extends Shape,
  Facts extends Shape,
  const Operation extends string,
  Checked extends Shape = Record<never, never>,
  const Args extends readonly string[] = readonly [],
>(declaration: Declaration<In, Checked, Facts, Operation, Args>): ResourceType<In, Checked, Facts, Operation> {
  return { ...declaration, token: tokenOf(declaration.name) };
}

/** A type, resource or function of this package by its name. */
export function tokenOf(name: string): string {
  return `pgpartition:index:${name}`;
}
