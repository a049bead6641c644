import type * as postgresqlTypes from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "./provider";

/** What the tables need before they can be made; owned by `@pulumi/postgresql`, not by us. */
export interface PrerequisiteArgs {
  /** Schemas to make. A destroy leaves them alone. @example ["telemetry"] */
  readonly schemas?: readonly string[];
  /** Extensions to make. @example ["pg_stat_statements"] */
  readonly extensions?: readonly string[];
}

/** Makes them, and returns them so that the tables can wait. Nothing declared: the other provider is not even loaded. */
export function createPrerequisites(
  name: string,
  args: PrerequisiteArgs | undefined,
  connection: ConnectionArgs,
  parent: pulumi.Resource,
): pulumi.Resource[] {
  if (!args?.schemas?.length && !args?.extensions?.length) return [];
  // Loaded only here: the package is large, and most programs do not need it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it for everybody
  const postgresql = require("@pulumi/postgresql") as typeof postgresqlTypes;
  const provider = new postgresql.Provider(`${name}-postgresql`, connectionOf(connection), { parent });
  const opts = { parent, provider };
  return [
    ...(args.schemas ?? []).map(
      (schema) => new postgresql.Schema(`${name}-${schema}`, { name: schema }, { ...opts, retainOnDelete: true }),
    ),
    ...(args.extensions ?? []).map(
      (extension) =>
        new postgresql.Extension(`${name}-${extension}`, { name: extension }, { ...opts, retainOnDelete: true }),
    ),
  ];
}

function connectionOf(connection: ConnectionArgs): postgresqlTypes.ProviderArgs {
  const given: postgresqlTypes.ProviderArgs = {};
  if (connection.host !== undefined) given.host = connection.host;
  if (connection.port !== undefined) given.port = connection.port;
  if (connection.database !== undefined) given.database = connection.database;
  if (connection.user !== undefined) given.username = connection.user;
  if (connection.password !== undefined) given.password = pulumi.secret(connection.password);
  if (connection.sslMode !== undefined) given.sslmode = connection.sslMode;
  return given;
}
