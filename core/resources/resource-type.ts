import type { z } from "zod";
import type { TableSpec } from "../declare/table/spec";
import type { ResourceNotes } from "./notes";

type Shape = Readonly<Record<string, z.ZodType>>;
type Infer<S extends Shape> = z.infer<z.ZodObject<S>>;

/** Texts of properties with the same meaning in every resource. */
export const COMMON_TEXTS = {
  schema: "Schema of the table.",
  table: "Name of the partitioned table. Never changes: a table with data is not renamed or replaced.",
  key: "The partition key.",
  database: "The database that the resource was applied to.",
} as const;

/** Names of the types of such properties. */
export const COMMON_NAMES = { key: "Key", database: "DatabaseIdentity" } as const;

/** A text for each property; those of COMMON_TEXTS only if they differ. */
type Texts<S> = Readonly<
  { [K in Exclude<keyof S, keyof typeof COMMON_TEXTS>]: string } & {
    [K in keyof S & keyof typeof COMMON_TEXTS]?: string;
  }
>;

/** Inputs that are arguments of a table have their docstrings, unless their meaning differs on the wire. */
type InputTexts<In, Args> = Args extends readonly [] ? Texts<In> : Readonly<{ [K in keyof In]?: string }>;

/** A named type that no other resource has. */
interface OwnType {
  readonly text: string;
  /** Texts of its properties, if it is an object. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Names of their types, if they need one. */
  readonly names?: Readonly<Record<string, string>>;
}

/** A resource that belongs to a table, and the suffix of its name. */
interface Beside<Inputs> {
  readonly suffix: string;
  readonly inputs: Inputs;
}

interface Declaration<In extends Shape, Checked extends Shape, Facts extends Shape, Operation extends string, Args> {
  readonly name: string;
  readonly description: string;
  /** Properties that a program, or a component for it, declares: their wire format. */
  readonly inputs: z.ZodObject<In>;
  /** Inputs that Check adds: pending work. Programs see them as outputs. */
  readonly checked?: z.ZodObject<Checked>;
  /** Outputs read from the database. `database`, which every resource has, is added. */
  readonly facts: z.ZodObject<Facts>;
  /** Interfaces of the arguments that the inputs come from. Left out: none. */
  readonly arguments?: Args;
  readonly texts: InputTexts<In, Args> & Texts<Checked & Facts>;
  /** Names of the types of inputs and facts whose shapes have none by nameType(). */
  readonly names?: Readonly<{ [K in keyof In | keyof Checked | keyof Facts]?: string }>;
  /** Named types that no other resource has. */
  readonly types?: Readonly<Record<string, OwnType>>;
  readonly notes: ResourceNotes<Operation>;
  /** Resources of this type for a declared table: they wait for the table and for nothing else. */
  readonly ofTable?: (table: TableSpec) => readonly Beside<Infer<In>>[];
}

/**
 * Everything about one type of resource except its behaviour: source of the handler in provider/, the class in components/, the
 * package schema and the reference page.
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
/** Facts of a resource as its handler returns them. */
export type FactsOf<T extends ResourceType> = z.infer<T["facts"]>;

export function defineResourceType<
  In extends Shape,
  Facts extends Shape,
  const Operation extends string,
  Checked extends Shape = Record<never, never>,
  const Args extends readonly string[] = readonly [],
>(declaration: Declaration<In, Checked, Facts, Operation, Args>): ResourceType<In, Checked, Facts, Operation> {
  return { ...declaration, token: formatToken(declaration.name) };
}

/** Returns the token of a type, resource or function of this package. */
export function formatToken(name: string): string {
  return `pgpartition:index:${name}`;
}
