import type { Statement } from "../../sql/statement";
import type { NamedCheck } from "../../observed/key-excludes";
import type { DefaultShape } from "../carry/default-shape";
import { addCheck, dropCheck, validateCheck } from "./statements";

/**
 * Aligns the CHECK of a default partition with the attached ranges. If many rows have to be read for that, they are read under a
 * lock that blocks no reader or writer.
 */
export function repairStatements(shape: DefaultShape, wanted: NamedCheck | undefined): Statement[] {
  const label = `exclude ${shape.schema}.${shape.name}`;
  const there = wanted && shape.checks.find((check) => check.name === wanted.name);
  const stale = shape.checks.filter((check) => check.name !== wanted?.name);
  const add = wanted && !there ? [addCheck(shape, label, wanted, shape.few)] : [];
  const validated = there ? there.validated : shape.few;
  const validate = wanted && !validated ? [validateCheck(shape, `validate ${shape.schema}.${shape.name}`, wanted)] : [];
  return [...add, ...validate, ...stale.map((check) => dropCheck(shape, label, check))];
}
