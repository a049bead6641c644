import type { ItemOf } from "../option/item";
import type { INDEX } from "./indexes";

/** Place of the options that concern every partition. */
export interface ProfilePlace {
  readonly table: DeclaredTable;
  readonly indexes: readonly (ItemOf<typeof INDEX> & { readonly index: string })[];
}

interface DeclaredTable {
  readonly table: string;
  readonly schema?: string;
  /** Left out: another tool owns them. */
  readonly columns?: Readonly<Record<string, unknown>>;
  readonly partitionBy: readonly unknown[];
}
