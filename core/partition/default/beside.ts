import type { ParentShape } from "../carry/parent";
import type { Statement } from "../../sql/statement";
import type { OpenInterval } from "../../time/interval";
import { putInStatements, takeOutStatements } from "./drain";
import { buildExcludingCheck, buildHoldingCheck, type NamedCheck } from "../../observed/key-excludes";
import { shouldConvertDefault, type DefaultShape, countRowsWithin, findMissingProof } from "../carry/default-shape";
import {
  addDefaultCheck,
  dropDefaultCheck,
  lockParent,
  buildDefaultStatement,
  quoteDefault,
  validateDefaultCheck,
} from "./default-statements";

/** Statements around an ATTACH, so that it does not read the default partition and finds no row of its range there. */
interface StatementsAroundAttach {
  /** In separate transactions, before the partition is created. */
  readonly ahead: readonly Statement[];
  /** In the transaction of the ATTACH, right before it. */
  readonly before: readonly Statement[];
  /** Right after it. */
  readonly after: readonly Statement[];
}

const NONE: StatementsAroundAttach = { ahead: [], before: [], after: [] };

/**
 * Plans an ATTACH next to a default partition. With few rows in it, the ATTACH reads them, after those of the range have moved.
 * With many, they are read before, under a lock that blocks no reader or writer: one CHECK for the range, beside those for what is
 * attached; from then on rows of the range are refused with 23514 until the partition is attached, because nothing else could
 * keep the proof true. No text depends on what else is attached in the same update, in whatever order the engine asks for that;
 * PartitionWindow merges the CHECKs afterwards.
 *
 * @param drain true to move rows of the range; left out: if some were counted
 */
export function planAttachNextToDefault(
  parent: ParentShape,
  partition: OpenInterval & { readonly name: string },
  transaction: string,
  drain?: boolean,
): StatementsAroundAttach {
  const shape = parent.fallback;
  if (!shape?.managed) return NONE;
  const range = { from: partition.from, to: partition.to };
  const draining = drain ?? (countRowsWithin(shape, range) ?? 0) > 0;
  const lock = lockParent(parent, transaction, "SHARE UPDATE EXCLUSIVE");
  const takeOut = draining ? takeOutStatements(parent, shape, range, transaction) : [];
  const after = draining ? putInStatements(parent, shape, partition.name, transaction) : [];
  if (shape.few)
    return { ahead: [], before: draining ? [lock, lockDefault(shape, transaction), ...takeOut] : [], after };
  const label = `validate ${shape.schema}.${shape.name}`;
  const base = proveAhead(shape, findMissingProof(parent.key, shape), label);
  const own = buildExcludingCheck(parent.key, [range]);
  return draining
    ? {
        ahead: [...base, ...addProof(shape, own)],
        before: [lock, ...takeOut, ...validateProof(shape, own, transaction)],
        after,
      }
    : { ahead: [...base, ...proveAhead(shape, own, label)], before: [], after };
}

/** Removes the CHECK that refuses rows, after an ATTACH was given up. */
export function giveUpStatements(parent: ParentShape, range: OpenInterval): Statement[] {
  const shape = parent.fallback;
  if (!shape?.managed || shape.few) return [];
  const check = shouldConvertDefault(shape, range)
    ? buildHoldingCheck(parent.key, range)
    : buildExcludingCheck(parent.key, [range]);
  return check ? [dropDefaultCheck(shape, `exclude ${shape.schema}.${shape.name}`, check)] : [];
}

function proveAhead(shape: DefaultShape, check: NamedCheck | undefined, label: string): Statement[] {
  return [...addProof(shape, check), ...validateProof(shape, check, label)];
}

function addProof(shape: DefaultShape, check: NamedCheck | undefined): Statement[] {
  const there = shape.checks.some((one) => one.name === check?.name);
  return check && !there ? [addDefaultCheck(shape, `exclude ${shape.schema}.${shape.name}`, check, false)] : [];
}

function validateProof(shape: DefaultShape, check: NamedCheck | undefined, transaction: string): Statement[] {
  const proven = shape.checks.some((one) => one.name === check?.name && one.validated);
  return check && !proven ? [validateDefaultCheck(shape, transaction, check)] : [];
}

/** Locks before rows are taken out: one inserted in between would make the ATTACH fail. */
function lockDefault(shape: DefaultShape, transaction: string): Statement {
  return buildDefaultStatement(shape, transaction, `LOCK TABLE ONLY ${quoteDefault(shape)} IN ACCESS EXCLUSIVE MODE`, {
    mode: "ACCESS EXCLUSIVE",
    undo: "not needed",
  });
}
