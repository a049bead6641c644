// Two tenants of one role who try every command on a relation, as they would through an API.
import type { Client } from "pg";
import { afterAll, beforeAll } from "vitest";
import { quoteQualified } from "../../../core/names/identifier";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { administer, type TestDatabase } from "../database";

/** What a command came to: how many rows it saw or wrote, or the SQLSTATE that refused it. */
type Outcome = number | string;

export interface Attempts {
  readonly select: Outcome;
  readonly insert: Outcome;
  /** Of a row of the other tenant. */
  readonly steal: Outcome;
  readonly update: Outcome;
  readonly delete: Outcome;
  readonly copyOut: Outcome;
  /** COPY of the relation itself. */
  readonly copyTable: Outcome;
  readonly copyIn: Outcome;
}

/** A relation that is closed to a role refuses each command. */
export const CLOSED: Attempts = {
  select: "42501",
  insert: "42501",
  steal: "42501",
  update: "42501",
  delete: "42501",
  copyOut: "42501",
  copyTable: "42501",
  copyIn: "42501",
};

export interface Roles {
  /** What an API lets tenants in as. */
  readonly app: string;
  /** What default privileges are generous to. */
  readonly anon: string;
  /** Owns tables and partitions that a hand makes. */
  readonly maker: string;
}

/** Roles of the server that live as long as the test file. */
export function withRoles(database: TestDatabase): Roles {
  const suffix = `${String(process.pid)}_${String(database.version)}`;
  const roles = { app: `app_${suffix}`, anon: `anon_${suffix}`, maker: `maker_${suffix}` };
  const names = Object.values(roles);
  beforeAll(() =>
    administer(database, async (admin) => {
      for (const name of names) await admin.query(`create role ${name} login password 'pw'`);
      // What he made is mended by a role that has his rights.
      await admin.query(`grant ${roles.maker} to ${database.user}`);
    }),
  );
  afterAll(async () => {
    await database.query(`drop owned by ${names.join(", ")} cascade`);
    await administer(database, async (admin) => {
      for (const name of names) await admin.query(`drop role ${name}`);
    });
  });
  return roles;
}

/** A table of which each tenant sees its own rows. */
export function tenantTable(roles: Roles, changes: Partial<TableSpecArgs> = {}): Partial<TableSpecArgs> {
  return {
    columns: { id: "bigint", at: "timestamptz", tenant: "text", note: { type: "text", nullable: true } },
    indexes: {},
    window: { lead: "1 month", retention: "1 month" },
    rowSecurity: {
      policies: { own_rows: { roles: [roles.app], using: "tenant = current_setting('api.tenant', true)" } },
    },
    grants: { [roles.app]: ["select", "insert", "update", "delete"] },
    ...changes,
  };
}

/** A session of the API for one tenant. */
export async function asTenant(database: TestDatabase, user: string, tenant: string): Promise<Client> {
  const client = await database.connect({ user, password: "pw" });
  await client.query("select set_config('api.tenant', $1, false)", [tenant]);
  return client;
}

/** Every command on one relation, each undone again. `at`: a time that the relation has room for. */
export async function attempts(client: Client, schema: string, name: string, at: string): Promise<Attempts> {
  const relation = quoteQualified(schema, name);
  const { rows } = await client.query<{ tenant: string }>("select current_setting('api.tenant') as tenant");
  const own = rows[0]?.tenant ?? "";
  const other = own === "a" ? "b" : "a";
  const insert = (tenant: string) => `insert into ${relation} (id, at, tenant) values (-1, '${at}', '${tenant}')`;
  return {
    select: await outcome(client, `select from ${relation}`),
    insert: await outcome(client, insert(own)),
    steal: await outcome(client, insert(other)),
    update: await outcome(client, `update ${relation} set note = 'changed'`),
    delete: await outcome(client, `delete from ${relation}`),
    copyOut: await outcome(client, `copy (select * from ${relation}) to stdout`),
    copyTable: await outcome(client, `copy ${relation} to stdout`),
    copyIn: await outcome(client, `copy ${relation} (id, at, tenant) from stdin`),
  };
}

async function outcome(client: Client, sql: string): Promise<Outcome> {
  await client.query("begin");
  try {
    return sql.startsWith("copy") ? await copied(client, sql) : ((await client.query(sql)).rowCount ?? 0);
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  } finally {
    await client.query("rollback");
  }
}

/** The driver has no COPY of its own: what follows it is refused or, out of it, comes as data that is only counted. */
async function copied(client: Client, sql: string): Promise<number> {
  const { connection } = client as unknown as {
    connection: NodeJS.EventEmitter & { sendCopyFail(message: string): void };
  };
  let rows = 0;
  const count = (): void => void (rows += 1);
  connection.on("copyData", count);
  try {
    await client.query(sql);
    return rows;
  } finally {
    connection.off("copyData", count);
  }
}
