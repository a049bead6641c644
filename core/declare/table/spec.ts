import type { CONVERSION } from "../conversion/convert-from";
import type { ItemOf } from "../option/item";
import type { COLUMN } from "./column";
import type { INDEX } from "./indexes";
import type { PartitionProfile } from "./profile";
import type { GridSegment } from "../../time/grid";
import type { KeyEncoding, KeyKind } from "../../time/key";
import type { LevelsSpec, RootLevel } from "../../levels/levels";
import type { SpecsOf } from "../option/option";
import type { TABLE_OPTIONS, WINDOW_OPTIONS } from "./options";
import type { WINDOW } from "../window/window";
import type { PublicationSpec } from "./publications";

/** A declared table after validation: every default filled in, every text parsed. */
export interface TableSpec extends SpecsOf<typeof TABLE_OPTIONS>, SpecsOf<typeof CONVERSION> {
  readonly schema: string;
  readonly table: string;
  /** Partitioning of the table itself: by its first level. */
  readonly root: RootLevel;
  /** Undefined: another tool owns the table's columns. */
  readonly columns: readonly ColumnSpec[] | undefined;
  readonly indexes: readonly IndexSpec[];
  /** Properties of every partition. */
  readonly profile: PartitionProfile;
  readonly publications: readonly PublicationSpec[];
  readonly window: WindowSpec;
}

/** Input for creating the table itself; of the window it needs only the key. */
export type TableShape = Omit<TableSpec, "window" | "publications" | "convertFrom"> & {
  readonly window: { readonly key: KeySpec };
};

export interface ColumnSpec extends ItemOf<typeof COLUMN> {
  readonly name: string;
}

export interface IndexSpec extends ItemOf<typeof INDEX> {
  /** The key under which it was declared. */
  readonly index: string;
}

export type IndexColumnSpec = IndexSpec["columns"][number];

/** Rule of one table: partitions that exist, and treatment of those that have expired. */
export interface WindowSpec extends SpecsOf<typeof WINDOW>, SpecsOf<typeof WINDOW_OPTIONS> {
  readonly schema: string;
  readonly table: string;
  /** False: another tool owns the table, so a destroy only forgets it. */
  readonly ownsTable: boolean;
  readonly key: KeySpec;
  readonly grid: readonly GridSegment[];
  /** Levels other than the time level. */
  readonly levels: LevelsSpec;
}

export interface KeySpec {
  readonly column: string;
  readonly encoding: KeyEncoding;
  /** Undefined if no columns are declared; it is then read from the catalogue. */
  readonly kind: KeyKind | undefined;
  readonly zone: string;
}
