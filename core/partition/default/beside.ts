import type { ParentShape } from "../carry/parent";
import type { Statement } from "../../sql/statement";
import type { OpenInterval } from "../../time/interval";
import { putInStatements, takeOutStatements } from "./drain";
import { buildExcludingCheck, buildHoldingCheck, mergeRanges } from "../../observed/key-excludes";
import { shouldConvertDefault, type DefaultShape, countRowsWithin } from "../carry/default-shape";
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
 * Plans an ATTACH next to a default partition. With few rows in it, one short transaction moves those of the range, extends the
 * CHECK and attaches the partition. With many, they are read before, under a lock that blocks no reader or writer; from then on
 * rows of the range are refused with 23514 until the partition is attached, because nothing else could keep the proof true.
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
  const after = [
    ...listStaleChecks(parent, shape, range).map((check) => dropDefaultCheck(shape, transaction, check)),
    ...(draining ? putInStatements(parent, shape, partition.name, transaction) : []),
  ];
  const lock = lockParent(parent, transaction, "SHARE UPDATE EXCLUSIVE");
  const takeOut = draining ? takeOutStatements(parent, shape, range, transaction) : [];
  const check = buildProof(parent, shape, range);
  const there = check && shape.checks.find((one) => one.name === check.name);
  if (shape.few) {
    const prove =
      !check || there?.validated
        ? []
        : [there ? validateDefaultCheck(shape, transaction, there) : addDefaultCheck(shape, transaction, check, true)];
    const alone = draining ? [lockDefault(shape, transaction)] : [];
    return { ahead: [], before: [lock, ...alone, ...takeOut, ...prove], after };
  }
  const add = !check || there ? [] : [addDefaultCheck(shape, `exclude ${shape.schema}.${shape.name}`, check, false)];
  const prove = (label: string) => (!check || there?.validated ? [] : [validateDefaultCheck(shape, label, check)]);
  return draining
    ? { ahead: add, before: [lock, ...takeOut, ...prove(transaction)], after }
    : { ahead: [...add, ...prove(`validate ${shape.schema}.${shape.name}`)], before: [lock], after };
}

/** Removes the CHECK that refuses rows, after an ATTACH was given up. */
export function giveUpStatements(parent: ParentShape, range: OpenInterval): Statement[] {
  const shape = parent.fallback;
  if (!shape?.managed || shape.few) return [];
  const check = shouldConvertDefault(shape, range)
    ? buildHoldingCheck(parent.key, range)
    : buildProof(parent, shape, range);
  return check ? [dropDefaultCheck(shape, `exclude ${shape.schema}.${shape.name}`, check)] : [];
}

function buildProof(parent: ParentShape, shape: DefaultShape, range: OpenInterval) {
  return buildExcludingCheck(parent.key, mergeRanges([...shape.attached, range]));
}

function listStaleChecks(parent: ParentShape, shape: DefaultShape, range: OpenInterval) {
  const wanted = buildProof(parent, shape, range);
  return shape.checks.filter((check) => check.name !== wanted?.name);
}

/** Locks before rows are taken out: one inserted in between would make the ATTACH fail. */
function lockDefault(shape: DefaultShape, transaction: string): Statement {
  return buildDefaultStatement(shape, transaction, `LOCK TABLE ONLY ${quoteDefault(shape)} IN ACCESS EXCLUSIVE MODE`, {
    mode: "ACCESS EXCLUSIVE",
    undo: "not needed",
  });
}
