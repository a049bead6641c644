import type { ResourceContext } from "../../runtime/call-context";
import type { PropertyMap } from "../../runtime/values";
import { formatStable } from "./inputs";

/**
 * Inputs that Check returned in this process, by resource. In an update the engine passes exactly these to Diff. In a refresh
 * it does not call Check, and calls Diff with the sides exchanged: the "new" inputs are then those of the last update, and do
 * not reflect the present database.
 */
export class CheckedInputs {
  private readonly texts = new Map<string, string>();

  remember(ctx: ResourceContext, inputs: PropertyMap): PropertyMap {
    this.texts.set(ctx.urn, formatStable(inputs));
    return inputs;
  }

  /** Returns true if Check was called for the resource; if not, this is a refresh. */
  wasChecked(ctx: ResourceContext): boolean {
    return this.texts.has(ctx.urn);
  }

  /** Returns true if these inputs are from this run, not from the state. */
  has(ctx: ResourceContext, inputs: PropertyMap): boolean {
    return this.texts.get(ctx.urn) === formatStable(inputs);
  }
}
