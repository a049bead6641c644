import { quote, quoteLiteral } from "../../names/identifier";
import { dropStatements } from "../../partition/statements/retire-statements";
import type { Statement } from "../../sql/statement";
import { FORMER_TRIGGER } from "../copy/swap-copy";
import type { FormerRecord, FormerTable, Swapped } from "./former-table";

/** What has to be true under the lock of the drop. */
interface DropProof {
  readonly record: Pick<FormerRecord, "id" | "oid">;
  readonly swapped: Swapped;
  readonly management: string;
}

/**
 * Returns the transaction that drops a former table. The lock comes first, so that what is checked under it still holds at the drop:
 * that the journal knows the table, by its oid, as the former one of this conversion; that it has refused every write since the
 * swap; that it is part of no other table. DROP without CASCADE refuses by itself if anything depends on it.
 *
 * @param records what the journal gets, in the same transaction
 */
export function dropFormerStatements(
  table: FormerTable,
  proof: DropProof,
  records: readonly Statement[] = [],
): Statement[] {
  const { schema, name, references } = table;
  const [lock, ...drop] = dropStatements(
    { schema, table: name, references, defaultPartition: undefined },
    { schema, name },
  );
  if (!lock) return [];
  return [lock, { ...lock, sql: buildProof(table, proof), locks: [] }, ...records, ...drop].map((statement) => ({
    ...statement,
    transaction: lock.transaction,
  }));
}

function buildProof({ schema, name, oid }: FormerTable, { record, swapped, management }: DropProof): string {
  const relation = quoteLiteral(oid) + "::pg_catalog.oid";
  const former = `${schema}.${name}`;
  const stop = (condition: string, message: string) => [
    `  IF ${condition} THEN`,
    `    RAISE EXCEPTION USING MESSAGE = ${quoteLiteral(`${message}; nothing was dropped`)}, ERRCODE = 'object_not_in_prerequisite_state';`,
    "  END IF;",
  ];
  const body = [
    "BEGIN",
    ...stop(
      `NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ${relation} AND c.relkind = 'r' AND (n.nspname, c.relname) = (${quoteLiteral(schema)}, ${quoteLiteral(name)}))`,
      `${former} is another table than the former one`,
    ),
    ...stop(
      `NOT EXISTS (SELECT FROM ${quote(management)}.conversions c WHERE c.id = ${quoteLiteral(record.id)}::pg_catalog.int8 AND c.source = ${relation} AND c.phase = 'ended' AND c.detail ? 'formerTable' AND c.detail ->> 'former' = ${quoteLiteral(name)})`,
      `the journal does not know ${former} as the former table of a conversion that has ended`,
    ),
    ...stop(
      `NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = ${relation} AND t.tgname = ${quoteLiteral(FORMER_TRIGGER)} AND t.tgenabled = 'A' AND ${REFUSAL} = ${quoteLiteral(swapped.refusal)})`,
      `${former} was opened for writes`,
    ),
    ...stop(
      `EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = ${relation})`,
      `${former} is a partition or a child of another table`,
    ),
    "END",
  ].join("\n");
  return `DO ${quoteLiteral(body)}`;
}

/** Expression on a row `t` of pg_trigger, as {@link Swapped.refusal} has it. */
export const REFUSAL = "pg_catalog.concat_ws(' ', t.oid, t.xmin)";
