// An engine in 150 lines: runs a program against the plugin and keeps a state that survives the plugin's death.
import type { ServiceError } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { decode } from "../../../provider/runtime/property-codec";
import type { PropertyMap } from "../../../provider/runtime/values";
import { type Declared, type Program, resourcesOf } from "./declare";
import { grpcMessage, type Known, type Plugin } from "./plugin";

export interface Entry extends Known {
  readonly type: Declared["type"];
  /** Why it is only partly done; then the next update calls Update without a diff. */
  readonly initErrors: readonly string[];
}

export interface Step {
  readonly op: "create" | "update" | "delete";
  readonly type: Declared["type"];
  readonly name: string;
  readonly diff: readonly string[];
}

/** A program that Check refused: nothing was changed. */
class CheckFailed extends Error {}

/** Some steps failed; what was done is in the state. */
class UpFailed extends Error {}

export class Deployment {
  /** In the order in which resources were created, saved after each step as the engine does. */
  readonly state = new Map<string, Entry>();

  constructor(
    readonly project = "faults",
    readonly stack = "test",
  ) {}

  urn(type: Declared["type"], name: string): string {
    return `urn:pulumi:${this.stack}::${this.project}::pgpartition:index:PartitionedTable$pgpartition:index:${type}::${name}`;
  }

  /** What `up` would do. Runs the provider's previews, as `pulumi preview` does. */
  async preview(plugin: Plugin, program: Program): Promise<Step[]> {
    return this.walk(plugin, program, async (declared, inputs, old) => {
      const urn = this.urn(declared.type, declared.name);
      if (old === undefined) await plugin.create(urn, inputs, true);
      else await plugin.update(old, inputs, true);
    });
  }

  /** Creates and updates in order; deletes at the end, newest first. A failed step ends it before the deletes. */
  async up(plugin: Plugin, program: Program): Promise<Step[]> {
    const steps = await this.walk(plugin, program, (declared, inputs, old) =>
      this.apply(plugin, declared, inputs, old),
    );
    for (const step of steps.filter(({ op }) => op === "delete"))
      await this.remove(plugin, this.urn(step.type, step.name));
    return steps;
  }

  /**
   * `pulumi refresh`: what is gone leaves the state. Names of what went or changed; as in the engine, changed is what Diff
   * calls so when it is asked with the sides exchanged, and other outputs alone are shown to nobody.
   */
  async refresh(plugin: Plugin): Promise<string[]> {
    const changed: string[] = [];
    for (const [urn, entry] of [...this.state]) {
      const live = await plugin.read(urn, entry.id, entry);
      if (live === undefined) this.state.delete(urn);
      else this.state.set(urn, { ...entry, ...live });
      if (live === undefined || (await plugin.diff(live, entry.inputs)) !== undefined) changed.push(urn);
    }
    return changed;
  }

  /** `pulumi destroy`: everything, newest first; a refusal ends it. */
  async destroy(plugin: Plugin): Promise<void> {
    for (const urn of [...this.state.keys()].reverse()) await this.remove(plugin, urn);
  }

  private async walk(
    plugin: Plugin,
    program: Program,
    act: (declared: Declared, inputs: PropertyMap, old: Entry | undefined) => Promise<void>,
  ): Promise<Step[]> {
    const steps: Step[] = [];
    const seen = new Set<string>();
    for (const declared of resourcesOf(program)) {
      const urn = this.urn(declared.type, declared.name);
      const old = this.state.get(urn);
      seen.add(urn);
      const { inputs, failures } = await plugin.check(urn, old?.inputs, declared.inputs);
      if (failures.length > 0) throw new CheckFailed(failures.join("\n"));
      const diff = old === undefined ? [] : await this.changes(plugin, old, inputs);
      if (diff === undefined) continue;
      steps.push({ op: old === undefined ? "create" : "update", type: declared.type, name: declared.name, diff });
      await act(declared, inputs, old);
    }
    const gone = [...this.state.values()].filter((entry) => !seen.has(entry.urn)).reverse();
    return [
      ...steps,
      ...gone.map((entry): Step => ({ op: "delete", type: entry.type, name: nameOf(entry.urn), diff: [] })),
    ];
  }

  private async changes(plugin: Plugin, old: Entry, inputs: PropertyMap): Promise<readonly string[] | undefined> {
    const changed = await plugin.diff(old, inputs);
    return changed ?? (old.initErrors.length > 0 ? ["initErrors"] : undefined);
  }

  private async apply(plugin: Plugin, declared: Declared, inputs: PropertyMap, old: Entry | undefined): Promise<void> {
    const urn = this.urn(declared.type, declared.name);
    const base = { urn, type: declared.type, inputs, initErrors: [] };
    try {
      if (old === undefined) this.state.set(urn, { ...base, ...(await plugin.create(urn, inputs)) });
      else this.state.set(urn, { ...base, id: old.id, outputs: await plugin.update(old, inputs) });
    } catch (error) {
      const partial = initFailure(error);
      if (partial === undefined) throw new UpFailed(grpcMessage(error), { cause: error });
      // The engine keeps the old inputs of a failed update.
      this.state.set(urn, { ...base, ...partial, inputs: old?.inputs ?? inputs });
      throw new UpFailed(partial.initErrors.join("\n"), { cause: error });
    }
  }

  private async remove(plugin: Plugin, urn: string): Promise<void> {
    const entry = this.state.get(urn);
    if (entry === undefined) return;
    try {
      await plugin.delete(entry);
    } catch (error) {
      throw new UpFailed(grpcMessage(error), { cause: error });
    }
    this.state.delete(urn);
  }
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** ErrorResourceInitFailed travels in the details of the gRPC status. */
function initFailure(error: unknown): Pick<Entry, "id" | "outputs" | "initErrors"> | undefined {
  const [bytes] = (error as ServiceError).metadata?.get("grpc-status-details-bin") ?? [];
  if (!(bytes instanceof Buffer)) return undefined;
  const detail = Status.deserializeBinary(bytes)
    .getDetailsList()
    .find((any) => any.getTypeName() === "pulumirpc.ErrorResourceInitFailed");
  if (detail === undefined) return undefined;
  const failed = ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
  return { id: failed.getId(), outputs: decode(failed.getProperties()).value, initErrors: failed.getReasonsList() };
}
