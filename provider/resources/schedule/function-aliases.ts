import { formatToken } from "../../../core/resources/resource-type";
import { Refusal } from "../../runtime/failures";
import type { ResourceHandler } from "../../runtime/handler";

const MOVED =
  "FunctionAliases is no resource of its own any more: declare functionNames of the table (of PartitionWindow, without components). Its functions and views stay as they are";

/**
 * State of earlier versions has the names that callers use as a resource of its own. PartitionWindow compares them with the
 * database now, in the same update or destroy, so deleting this one drops nothing.
 */
export const formerFunctionAliases: ResourceHandler = {
  token: formatToken("FunctionAliases"),
  check: (_ctx, { news }) => Promise.resolve({ inputs: news, failures: [{ property: "names", reason: MOVED }] }),
  diff: () => Promise.resolve({ changes: false, detailedDiff: {} }),
  create: () => Promise.reject(new Refusal(MOVED)),
  update: () => Promise.reject(new Refusal(MOVED)),
  read: (_ctx, { id, oldInputs, oldOutputs }) =>
    Promise.resolve(oldInputs && oldOutputs && { id, inputs: oldInputs, outputs: oldOutputs }),
  delete: () => Promise.resolve(),
};
