import type { PlainShape } from "../../observed/ledger";
import { type AttachSource, findPrimaryKey, nameWiderKey, renameForHistory } from "./attach-source";

/** Returns what the way back has to know about the plain table, and the catalogue does not say after the swap. */
export function describePlain(source: AttachSource): PlainShape {
  const { table, bound, historyName } = source;
  const found = findPrimaryKey(table);
  const named = [...table.indexes, ...bound.statistics].filter(({ name }) => name !== nameWiderKey(source));
  return {
    ...(found ? { primaryKey: { name: found.name, columns: found.columns } } : {}),
    names: Object.fromEntries(named.map(({ name }) => [renameForHistory(name, table.name, historyName), name])),
  };
}
