import * as pulumi from "@pulumi/pulumi";
import type { ArchiveTableArgs } from "../core/declare/archive/archive-args";
import type { TableSpecArgs } from "../core/declare/table/args";

/** A table whose archive may be stored in a place that only an update knows. */
type WithPlace = Omit<TableSpecArgs, "archive"> & {
  readonly archive?: Omit<NonNullable<TableSpecArgs["archive"]>, "to"> & {
    readonly to: pulumi.Input<string> | ArchiveTableArgs;
  };
};

/** Replaces the one value that may be an Output, which affects no other resource. Where it is known, it is checked at once. */
export function replaceUnknownPlace(declared: WithPlace): TableSpecArgs {
  const { archive, ...rest } = declared;
  if (archive === undefined) return rest;
  const { to } = archive;
  return { ...rest, archive: { ...archive, to: isLater(to) ? PLACE_TO_COME : (to as string | ArchiveTableArgs) } };
}

export function isArchiveTable(to: pulumi.Input<string> | ArchiveTableArgs): to is ArchiveTableArgs {
  return typeof to === "object" && to !== null && !isLater(to) && "table" in to;
}

/** True for a value that may be known only when the update runs. */
export function isLater(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

const PLACE_TO_COME = "s3://known-only-when-it-is-made";
