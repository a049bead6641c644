import type * as postgresqlTypes from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import { DEFAULT_VIA_ROOT } from "../core/defaults";
import type { TableName } from "../core/names/table-name";
import { listSchemaGrants, listTableGrants, type WantedGrant } from "../core/prerequisites/grants";
import { reportPrerequisites } from "../core/prerequisites/problems";
import { requireValid } from "../core/problems/problem";
import type { PublishedChange } from "../core/declare/table/publications";
import { loadPostgresql } from "./optional-packages";
import type { ConnectionArgs } from "./provider";

/** Prerequisites of the tables; managed by `@pulumi/postgresql`, not by this provider. */
export interface PrerequisiteArgs {
  /** Schemas to create. A destroy leaves them alone. @example ["telemetry"] */
  readonly schemas?: readonly string[];
  /**
   * Extensions to create. A destroy leaves them alone. `pg_cron` must be loaded by the server and configured for this
   * database.
   * @example ["pg_cron"]
   */
  readonly extensions?: readonly string[];
  /** Roles by name, with the privileges that they need for the declared tables. @default none */
  readonly roles?: Readonly<Record<string, PrerequisiteRoleArgs>>;
  /** Publications by name, created empty: tables join by their own `publications`. A destroy leaves them alone. @default none */
  readonly publications?: Readonly<Record<string, PrerequisitePublicationArgs>>;
  /**
   * Connection that creates these, if it is not that of the tables' owner: roles need CREATEROLE, some extensions a superuser.
   * Its role must be a superuser, or a member of the owner, which then owns schemas and publications. Single values, since
   * `@pulumi/postgresql` takes neither url nor passwordCommand. @default the connection of the database
   */
  readonly connection?: ConnectionArgs;
}

/** A role of the database. */
export interface PrerequisiteRoleArgs {
  /** `archive`: runs `pulumi up`, as a member of the tables' owner. `read`: reads the tables, never a partition by its name. */
  readonly for: "archive" | "read";
  /**
   * Password for logging in. Kept as a secret, in state too; without it other roles become this one, or it logs in another
   * way.
   * @default none
   */
  readonly password?: pulumi.Input<string>;
  /** True if the role may log in. @default true with a password */
  readonly login?: boolean;
  /** Roles that it is a member of. An archiver is a member of the role that owns the tables. @default [] */
  readonly memberOf?: readonly string[];
  /** Keys of the tables that the role reads. @default all */
  readonly tables?: readonly string[];
}

/** A publication that is created before its tables. */
export interface PrerequisitePublicationArgs {
  /** Changes that the publication sends. @default ["insert", "update", "delete", "truncate"] */
  readonly publish?: readonly PublishedChange[];
  /** True if subscribers see rows under the name of the table, false for the name of the partition. @default true */
  readonly viaRoot?: boolean;
}

/** Resources created before the tables, and those created after them. */
interface Prerequisites {
  /** Resources that the tables wait for. */
  readonly resources: readonly pulumi.Resource[];
  /** Grants the readers access once the tables exist. */
  grantTables(tables: readonly pulumi.Resource[]): void;
}

/** Creates the prerequisites. Without any, the other provider is not even loaded. */
export function createPrerequisites(
  name: string,
  args: PrerequisiteArgs | undefined,
  connection: ConnectionArgs,
  tables: Readonly<Record<string, TableName>>,
  parent: pulumi.Resource,
): Prerequisites {
  const { schemas = [], extensions = [], roles = {}, publications = {} } = args ?? {};
  const declared = [...schemas, ...extensions, ...Object.keys(roles), ...Object.keys(publications)];
  if (declared.length === 0) return { resources: [], grantTables: () => undefined };
  const through = args?.connection ?? connection;
  checkPrerequisites(name, args ?? {}, through, Object.keys(tables));
  const postgresql = loadPostgresql(`prerequisites of database "${name}"`);
  const provider = new postgresql.Provider(`${name}-postgresql`, buildConnection(through), { parent });
  const opts = { parent, provider };
  const kept = { ...opts, retainOnDelete: true };
  const grants = toRoleGrants(roles);
  // The role that creates the tables must be able to create them there.
  const owned = args?.connection && connection.user !== undefined ? { owner: connection.user } : {};
  const made = [
    ...schemas.map((schema) => new postgresql.Schema(`${name}-${schema}`, { name: schema, ...owned }, kept)),
    ...extensions.map((extension) => new postgresql.Extension(`${name}-${extension}`, { name: extension }, kept)),
    ...Object.entries(publications).map(([publication, one]) =>
      createPublication(
        postgresql,
        `${name}-publication-${publication}`,
        { name: publication, ...owned, ...buildPublicationArgs(one) },
        kept,
      ),
    ),
    ...Object.entries(roles).flatMap(([role, one]) => createRole(postgresql, name, role, one, opts)),
  ];
  const grant = (wanted: readonly WantedGrant[], after: readonly pulumi.Resource[]): pulumi.Resource[] =>
    createGrants(postgresql, name, wanted, through, after, opts);
  return {
    resources: [...made, ...grant(listSchemaGrants(grants, tables, extensions), made)],
    grantTables: (after) => void grant(listTableGrants(grants, tables), after),
  };
}

function checkPrerequisites(
  name: string,
  args: PrerequisiteArgs,
  connection: ConnectionArgs,
  tables: readonly string[],
): void {
  const { schemas = [], extensions = [], roles = {}, publications = {} } = args;
  const declared = {
    schemas,
    extensions,
    publications: Object.keys(publications),
    roles: Object.fromEntries(
      Object.entries(toRoleGrants(roles)).map(([role, one]) => [
        role,
        { ...one, memberOf: roles[role]?.memberOf ?? [] },
      ]),
    ),
    connection: Object.keys(connection).filter((key) => connection[key as keyof ConnectionArgs] !== undefined),
  };
  requireValid(`prerequisites of database "${name}"`, (report) => reportPrerequisites(declared, tables, report));
}

function toRoleGrants(roles: Readonly<Record<string, PrerequisiteRoleArgs>>) {
  return Object.fromEntries(Object.entries(roles).map(([role, one]) => [role, { for: one.for, tables: one.tables }]));
}

function createPublication(
  postgresql: typeof postgresqlTypes,
  name: string,
  args: postgresqlTypes.PublicationArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  // The tables manage their own membership.
  return new postgresql.Publication(name, args, { ...opts, ignoreChanges: ["tables"] });
}

function buildPublicationArgs({ publish, viaRoot }: PrerequisitePublicationArgs): postgresqlTypes.PublicationArgs {
  const params = publish === undefined ? {} : { publishParams: [...publish] };
  return { publishViaPartitionRootParam: viaRoot ?? DEFAULT_VIA_ROOT, ...params };
}

function createRole(
  postgresql: typeof postgresqlTypes,
  name: string,
  role: string,
  { for: purpose, password, login, memberOf = [] }: PrerequisiteRoleArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const made = new postgresql.Role(
    `${name}-role-${role}`,
    {
      name: role,
      login: login ?? password !== undefined,
      ...(password === undefined ? {} : { password: pulumi.secret(password) }),
    },
    // An archiver may own partitions by now; a reader owns nothing.
    { ...opts, retainOnDelete: purpose === "archive" },
  );
  const memberships = memberOf.map(
    (group) =>
      new postgresql.GrantRole(
        `${name}-role-${role}-in-${group}`,
        { role: made.name, grantRole: group },
        { ...opts, dependsOn: [made] },
      ),
  );
  return [made, ...memberships];
}

/** Creates grants one after the other: the server refuses concurrent changes of one object's privileges. */
function createGrants(
  postgresql: typeof postgresqlTypes,
  name: string,
  wanted: readonly WantedGrant[],
  { database = "" }: ConnectionArgs,
  after: readonly pulumi.Resource[],
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const made: pulumi.Resource[] = [];
  for (const { role, objectType, schema, objects, privileges } of wanted) {
    const what = objectType === "schema" ? schema : `${schema}-tables`;
    const grant = new postgresql.Grant(
      `${name}-grant-${role}-${what}`,
      {
        database,
        role,
        objectType,
        schema,
        privileges: [...privileges],
        ...(objects.length > 0 ? { objects: [...objects] } : {}),
      },
      { ...opts, dependsOn: [...after, ...made.slice(-1)] },
    );
    made.push(grant);
  }
  return made;
}

function buildConnection(connection: ConnectionArgs): postgresqlTypes.ProviderArgs {
  // Without superuser rights the provider reads only what any role may see, and does the same.
  const given: postgresqlTypes.ProviderArgs = { superuser: false };
  if (connection.host !== undefined) given.host = connection.host;
  if (connection.port !== undefined) given.port = connection.port;
  if (connection.database !== undefined) given.database = connection.database;
  if (connection.user !== undefined) given.username = connection.user;
  if (connection.password !== undefined) given.password = pulumi.secret(connection.password);
  if (connection.sslMode !== undefined) given.sslmode = connection.sslMode;
  if (connection.sslRootCert !== undefined) given.sslrootcert = connection.sslRootCert;
  return given;
}
