// Pulumi's mocks for component unit tests: what a component registers, and with which options.
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";

export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly parent: string;
  readonly dependsOn: readonly string[];
  readonly protect: boolean;
}

let registered: Registered[] = [];

// The mocks tell a test no options of a resource; the request that the program sends has them.
const register = MockMonitor.prototype.registerResource;
MockMonitor.prototype.registerResource = function (request: RegisterResourceRequest, callback: unknown) {
  registered.push({
    type: request.getType(),
    name: request.getName(),
    inputs: (request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>,
    parent: request.getParent(),
    dependsOn: request.getDependenciesList(),
    protect: request.getProtect() ?? false,
  });
  return register.call(this, request, callback as never);
};

/** Starts recording; call before a component is made. */
export function recording(): Registered[] {
  registered = [];
  void pulumi.runtime.setMocks({
    newResource: (args) => ({ id: `${args.name}-id`, state: args.inputs as Record<string, unknown> }),
    call: (args) => args.inputs as Record<string, unknown>,
  });
  return registered;
}

/** Waits until everything that a component asked for has been registered. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}
