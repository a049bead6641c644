import { DiffResponse, PropertyDiff } from "@pulumi/pulumi/proto/provider_pb";
import type { DiffKind, DiffResult } from "../runtime/handler";

const KINDS: Readonly<Record<DiffKind, PropertyDiff.Kind>> = {
  add: PropertyDiff.Kind.ADD,
  "add-replace": PropertyDiff.Kind.ADD_REPLACE,
  delete: PropertyDiff.Kind.DELETE,
  "delete-replace": PropertyDiff.Kind.DELETE_REPLACE,
  update: PropertyDiff.Kind.UPDATE,
  "update-replace": PropertyDiff.Kind.UPDATE_REPLACE,
};

/** Encodes the diff for the protocol: every path of the detailed diff is also counted by its top-level property. */
export function encodeDiff(result: DiffResult): DiffResponse {
  const response = new DiffResponse();
  const paths = Object.keys(result.detailedDiff);
  response.setChanges(toChanges(result.changes));
  response.setDiffsList([...new Set(paths.map(toTopLevel))]);
  response.setReplacesList([...(result.replaces ?? [])]);
  response.setStablesList([...(result.stables ?? [])]);
  response.setDeletebeforereplace(result.deleteBeforeReplace ?? false);
  // Without a path the engine computes the detail itself; claiming an empty one would show an empty change.
  response.setHasdetaileddiff(paths.length > 0);
  for (const [path, change] of Object.entries(result.detailedDiff)) {
    const { kind, inputDiff } = typeof change === "string" ? { kind: change, inputDiff: true } : change;
    const property = new PropertyDiff();
    property.setKind(KINDS[kind]);
    property.setInputdiff(inputDiff);
    response.getDetaileddiffMap().set(path, property);
  }
  return response;
}

function toChanges(hasChanges: boolean | undefined): DiffResponse.DiffChanges {
  if (hasChanges === undefined) return DiffResponse.DiffChanges.DIFF_UNKNOWN;
  return hasChanges ? DiffResponse.DiffChanges.DIFF_SOME : DiffResponse.DiffChanges.DIFF_NONE;
}

/** Converts `window.lead` to window, `levels[0]` to levels, `["a.b"].c` to a.b. */
function toTopLevel(path: string): string {
  const quoted = /^\[("(?:[^"\\]|\\.)*")\]/.exec(path)?.[1];
  if (quoted !== undefined) return String(JSON.parse(quoted));
  return /^[^.[]*/.exec(path)?.[0] ?? path;
}
