import { type Quoted, quoteQualified } from "../../names/identifier";
import type { CarriedState, Observation, ObservedTable } from "../../observed/observed-table";
import type { ConversionSource, SourcePrivilege } from "../source";

/**
 * A relation that takes the place of another one under its name, and gets everything that was bound to that: the partitioned table
 * in a swap, the plain one on the way back.
 */
export interface Handover {
  /** The former relation, as it was observed under the name. */
  readonly table: ObservedTable;
  /** What is bound to it. */
  readonly bound: ConversionSource;
  readonly publications: Observation["replication"]["publications"];
  /** The name that it has by then. */
  readonly formerName: string;
  /** What the new relation has of its own. */
  readonly present: PresentState;
}

type PresentState = {
  readonly owner: string;
  readonly rowSecurity: CarriedState["rowSecurity"];
  readonly policies: CarriedState["policies"];
  readonly replicaIdentity: CarriedState["replicaIdentity"]["kind"];
} & (
  | { readonly privileges: readonly SourcePrivilege[] }
  /** Just created: roles that default privileges give rights on it. */
  | { readonly grantees: readonly string[] }
);

export function quoteFormer({ table, formerName }: Pick<Handover, "table" | "formerName">): Quoted {
  return quoteQualified(table.schema, formerName);
}
