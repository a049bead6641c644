import { conversionType, type DeclaredConversion, decodeConversion } from "../../../core/resources/conversion";
import { formatInstant } from "../../../core/time/instant";
import { formatTableId } from "../../../core/names/resource-id";
import { readWire } from "../../../core/declare/table/wire";
import { Refusal, Unfinished } from "../../runtime/failures";
import type { PropertyMap } from "../../runtime/values";
import { defineResource, type Parsed } from "../shared/define-resource";
import { requireWire, toFailures, toProperties } from "../shared/inputs";
import { findMissingSchema } from "../management/required-schema";
import { findOwnershipProblems } from "../shared/table-problems";
import { attachStrategy } from "./attach";
import { copyStrategy } from "./copy";
import type { Strategy } from "./strategy";
import { switchStrategy } from "./switch";

/**
 * The conversion of a plain table. It comes before the Table, which adopts what it made; in a preview the other resources of the
 * table plan on the table as the swap will leave it.
 */
export const conversion = defineResource(
  conversionType,
  (runtime) => {
    /** What Check read, for Diff and preview of the same resource. */
    const known = new Map<string, Strategy>();
    const choose = (declared: DeclaredConversion): Strategy => {
      switch (declared.strategy) {
        case "attach":
          return attachStrategy(runtime, declared);
        case "copy":
        case "offline":
          return copyStrategy(runtime, declared);
        case "copyThenSwitch":
          return switchStrategy(runtime, declared);
      }
    };
    const recall = (declared: DeclaredConversion): Strategy => known.get(formatTableId(declared)) ?? choose(declared);
    return {
      id: formatTableId,
      declared: [
        "schema",
        "table",
        "key",
        "primaryKey",
        "convertFrom",
        "grid",
        "levels",
        "lead",
        "requireBackupSince",
        "holds",
        "paused",
        "allowRetireBetween",
        "allowRetireOn",
      ],
      keep: ({ plan: _plan, ...declared }) => declared,

      check: async (ctx, declared, { olds, news }) => {
        const strategy = choose(declared);
        known.set(formatTableId(declared), strategy);
        const { problems, changed } = await strategy.check(ctx, olds);
        const observation = await runtime.observe(declared);
        const owned = findOwnershipProblems(declared, observation, runtime.getOwner(ctx));
        const missing = await findMissingSchema(runtime, declared);
        const plan = toProperties({
          state: await strategy.readState(),
          split: await strategy.readSplit?.(),
          rows: await strategy.readRows(),
          asOf: formatInstant(runtime.getNow(observation)),
        });
        return {
          inputs: { ...news, plan },
          failures: [...changed, ...toFailures([...owned, ...missing, ...problems])],
        };
      },

      /** A table that was made plain again by hand, or never converted, is converted by the next update. */
      diff: async (_ctx, declared, { oldOutputs }, changed) => {
        const strategy = recall(declared);
        const same = oldOutputs["state"] === (await strategy.readState());
        return same && (await strategy.isDone()) ? {} : { ...changed, state: "update" };
      },

      preview: async (ctx, declared) => {
        const strategy = recall(declared);
        return toFacts(await strategy.preview(ctx), strategy);
      },

      perform: async (ctx, declared) => {
        const strategy = choose(declared);
        try {
          // Each copies, builds or reads as fast as the server lets it: together they would only take longer.
          const state = await runtime.conversions.take(formatTableId(declared), ctx, () => strategy.perform(ctx));
          return toFacts(state, strategy);
        } catch (error) {
          throw await keepWhatBegan(choose(declared), error);
        }
      },

      observe: async (_ctx, { oldInputs }) => {
        if (!oldInputs)
          throw new Refusal("a conversion cannot be imported: a table that is partitioned already needs none");
        const strategy = choose(decodeConversion(requireWire(conversionType.inputs, oldInputs)));
        return { inputs: oldInputs, facts: toFacts(await strategy.readState(), strategy) };
      },

      /** Forgets it, and takes back what it has prepared if the table is still plain: a converted one stays as it is. */
      remove: (ctx, declared) => choose(declared).remove(ctx),

      list: async function* () {
        // A conversion leaves nothing that another program could import.
      },
    };
  },
  parseConversion,
);

/**
 * Lets the engine keep a conversion that failed after something was prepared: removed from the program, it has to take that back. A
 * CHECK would refuse rows one day, and captured keys would grow without end.
 */
async function keepWhatBegan(strategy: Strategy, error: unknown): Promise<unknown> {
  if (!(error instanceof Error)) return error;
  try {
    if (!(await strategy.hasBegun())) return error;
    return new Unfinished(toProperties(toFacts(await strategy.readState(), strategy)), [error.message]);
  } catch {
    // The database cannot be read: what it would say must not hide the failure.
    return error;
  }
}

function toFacts(state: Awaited<ReturnType<Strategy["readState"]>>, { kept }: Strategy) {
  return { state, history: kept.history, former: kept.former };
}

function parseConversion(inputs: PropertyMap): Parsed<DeclaredConversion> {
  const read = readWire(conversionType.inputs, inputs);
  return "problems" in read ? read : { value: decodeConversion(read.value) };
}
