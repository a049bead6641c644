import { quoteList } from "../../names/identifier";
import { matchKey, nameKeyColumn, type Pair, quoteRelationOf } from "./pair";

/** Rows of the source that one step writes to the target. */
export type RowPlace =
  /** Those of a range of blocks. */
  | { readonly kind: "blocks"; readonly first: number; readonly end: number }
  /** Those whose changes are pending. */
  | { readonly kind: "pending" };

/** Returns what stands after FROM to read them. */
export function formatRowPlace(pair: Pair, place: RowPlace): string {
  const source = quoteRelationOf(pair.source);
  if (place.kind === "blocks") return `${source} where ctid >= '(${place.first},0)' and ctid < '(${place.end},0)'`;
  const keys = quoteList(pair.key.map((_, index) => nameKeyColumn(index)));
  const pending = `(select distinct ${keys} from ${quoteRelationOf(pair.pending)}) p`;
  return `(select s.* from ${pending} join ${source} s on ${matchKey(pair, "s", "p")}) r`;
}
