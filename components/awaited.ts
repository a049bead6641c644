import * as pulumi from "@pulumi/pulumi";

type DependsOn = pulumi.ResourceOptions["dependsOn"];

/** What a resource knows of itself, and the SDK keeps out of its types. */
interface ResourceFacts {
  readonly __pulumiType?: string;
  readonly __childResources?: ReadonlySet<pulumi.Resource>;
}

const ORDERS = new WeakMap<pulumi.Resource, DependsOn>();

/** Records what a component waits for: the components inside of it wait for the same. */
export function rememberOrder(component: pulumi.Resource, opts: pulumi.ResourceOptions | undefined): void {
  ORDERS.set(component, opts?.dependsOn);
}

/**
 * Returns the ids of the resources of other packages that a table waits for. They are unknown until all of these exist: so long
 * a role, schema or type that the database lacks may be one of them. Undefined: it waits for none.
 */
export function listAwaited(opts: pulumi.ResourceOptions | undefined): pulumi.Output<string[]> | undefined {
  const given = [opts?.dependsOn, opts?.parent && ORDERS.get(opts.parent)].flatMap((one) =>
    one === undefined ? [] : Array.isArray(one) ? (one as pulumi.Input<pulumi.Resource>[]) : [one],
  );
  if (given.every((one) => pulumi.Resource.isInstance(one) && listForeign(one).length === 0)) return undefined;
  return pulumi.output(given).apply((resources) => {
    const all = (resources as (pulumi.Resource | pulumi.Resource[])[]).flat();
    return pulumi.all(all.flatMap(listForeign).map(({ id }) => id));
  });
}

/** Returns the resources of other packages that are, or belong to, one that is waited for. */
function listForeign(resource: pulumi.Resource): pulumi.CustomResource[] {
  const { __pulumiType: type = "", __childResources: children = [] } = resource as ResourceFacts;
  if (type.startsWith("pgpartition:")) return [];
  return pulumi.CustomResource.isInstance(resource) ? [resource] : [...children].flatMap(listForeign);
}
