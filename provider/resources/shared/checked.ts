import type { ResourceContext } from "../../runtime/context";
import type { PropertyMap } from "../../runtime/values";
import { stableText } from "./inputs";

/**
 * What Check answered in this process, by resource. In an update the engine hands exactly that to Diff. In a refresh it
 * asks no Check, and asks Diff with the sides exchanged: what it calls new is then what the last update found, and says
 * nothing about the database of now.
 */
export class CheckedInputs {
  private readonly texts = new Map<string, string>();

  remember(ctx: ResourceContext, inputs: PropertyMap): PropertyMap {
    this.texts.set(ctx.urn, stableText(inputs));
    return inputs;
  }

  /** Whether Check was asked about the resource at all: where it was not, this is a refresh. */
  asked(ctx: ResourceContext): boolean {
    return this.texts.has(ctx.urn);
  }

  /** Whether these inputs are this run's own, and not those of the state. */
  has(ctx: ResourceContext, inputs: PropertyMap): boolean {
    return this.texts.get(ctx.urn) === stableText(inputs);
  }
}
