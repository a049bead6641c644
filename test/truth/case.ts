// A kind of change: a table before and after it. A kind that the product has and no case covers fails the test.
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { Verb } from "../../core/plan/change/verbs";
import type { RESOURCES } from "../../provider/resource-list";
import type { ResourceType } from "../../core/resources/resource-type";

/** `create`, `detach` and the other verbs of a plan; `+Index` creates a resource of a type, `~Index` updates it, `-Index` deletes it. */
type Kind = Verb | `${"+" | "~" | "-"}${string}`;

export type Declared = Omit<Partial<TableSpecArgs>, "schema">;

export interface Case {
  readonly kind: string;
  readonly covers: readonly Kind[];
  /** SQL before the first update. `%s` is the schema. */
  readonly given?: string;
  /** What each update declares; undefined: the table is not declared. */
  readonly steps: readonly [Declared | undefined, (Declared | undefined)?, (Declared | undefined)?];
  /** A second table of the same schema, called "u". */
  readonly beside?: Declared;
  /** SQL after the first and after the second update. */
  readonly between?: readonly [string?, string?];
  /** Without it the case runs with both. */
  readonly resources?: readonly Mode[];
  /** An older server has other statements for it than the newest one: it is always tried on both. */
  readonly hasOwnWay?: boolean;
  /** Not printed yet: what runs besides, by the number of the update, and where that is to be mended. */
  readonly unprinted?: Readonly<Record<number, { readonly because: string; readonly runs: readonly RegExp[] }>>;
  /** Updates whose locks are declared too weakly, or not at all, and why that is left: the row fails once they are true. */
  readonly weaker?: Readonly<Record<number, string>>;
  /** Lines that preview must have, by the number of the update. */
  readonly says?: Readonly<Record<number, readonly RegExp[]>>;
}

export type Mode = "partition" | "window";

/** Whose statements and locks another test compares, because they need a server or a store of their own. */
export const ELSEWHERE: Readonly<Partial<Record<Kind, string>>> = {
  "+CronJob": "test/schedule/cron-job.test.ts",
  "~CronJob": "test/schedule/cron-job.test.ts",
  "-CronJob": "test/schedule/cron-job.test.ts",
  "-ManagementSchema": "test/postgres/management.test.ts",
};

/** Names of the resource types that the provider serves. */
export function listResourceKinds(types: readonly Pick<ResourceType, "name">[]): Kind[] {
  return types.flatMap(({ name }): Kind[] => [`+${name}`, `~${name}`, `-${name}`]);
}

/** What an update of these types does in the database: nothing, by their definition. */
export const NEVER: Readonly<Partial<Record<Kind, string>>> = {
  "~Partition":
    "its status follows what the window has done, and other inputs never change but for words that permit something",
  "~Index": "a definition never changes in place; an interrupted build is resumed as it was begun",
  "-Conversion": "it only leaves the state",
  "~ManagementSchema": "an upgrade is bookkeeping, and the sizes are a row",
} satisfies Partial<Record<`${"~" | "-"}${(typeof RESOURCES)[number]["type"]["name"]}`, string>>;
