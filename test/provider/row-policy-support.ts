// What the tests of row security share: a database with roles, a deployment, tenants, and the two comparisons.
import type { Client } from "pg";
import { afterEach, beforeEach, expect } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { Version } from "../../tools/postgres/binaries";
import { type TestDatabase, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import type { Deployment } from "../support/harness/deployment";
import { program } from "../support/harness/fixture";
import { preview, up, withPlugin } from "../support/harness/rounds";
import {
  asTenant,
  type Attempts,
  attempts,
  CLOSED,
  type Roles,
  tenantTable,
  withRoles,
} from "../support/harness/tenants";
import { withDeployment } from "../support/harness/with-deployment";
import { partitions } from "./support";

const MARCH = "2025-03-10T00:00:00Z";

interface Tenants {
  readonly database: TestDatabase;
  readonly roles: Roles;
  /** Fresh for each test. */
  readonly deployment: Deployment;
  /** The table with its policy, and what a test changes of it. */
  declared(changes?: Partial<TableSpecArgs>, asOf?: string): Program;
  tenant(name: string, user?: string): Promise<Client>;
  /** Two rows of tenant a and one of tenant b in each month. */
  fill(): Promise<void>;
  /** No step in preview, after a refresh, and in up; and the refresh itself finds what was there. */
  settled(wanted: Program): Promise<void>;
  /** Both tenants, every command: their own rows through the table; on each partition what is said. */
  expectTenants(onPartitions?: Attempts): Promise<void>;
}

/** Call it in a describe block. */
export function withTenants(version?: Version): Tenants {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const roles = withRoles(database);
  const clients: Client[] = [];

  beforeEach(async () => {
    await database.query(`grant usage on schema app to ${roles.app}, ${roles.anon};
      alter default privileges for role ${database.user} revoke select on tables from public`);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.end();
  });

  const tenant = async (name: string, user = roles.app): Promise<Client> => {
    const client = await asTenant(database, user, name);
    clients.push(client);
    return client;
  };
  const settled = async (wanted: Program): Promise<void> => {
    expect((await preview(database, deployment, wanted)).steps).toEqual([]);
    const refreshed = await withPlugin(database, wanted, (plugin) => deployment.refresh(plugin));
    // A Partition learns the name of a table that was attached in its place.
    expect(refreshed.result.filter((urn) => !urn.includes(":Partition::"))).toEqual([]);
    const again = await up(database, deployment, wanted);
    expect([again.error, again.steps]).toEqual([undefined, []]);
  };
  const expectTenants = async (onPartitions: Attempts = CLOSED): Promise<void> => {
    for (const [name, rows] of [
      ["a", 6],
      ["b", 3],
    ] as const) {
      const client = await tenant(name);
      expect(await attempts(client, "app", "events", "2025-03-07")).toEqual(throughTable(rows));
      for (const partition of await partitions(database))
        expect([partition, await attempts(client, "app", partition, "2025-03-07")]).toEqual([partition, onPartitions]);
    }
  };
  return {
    database,
    roles,
    deployment,
    declared: (changes = {}, asOf = MARCH) => program(asOf, tenantTable(roles, changes)),
    tenant,
    fill: async () => {
      await database.query(`insert into app.events (id, at, tenant) select n, m, case when n < 3 then 'a' else 'b' end
        from generate_series(1, 3) n, unnest(array['2025-02-05', '2025-03-05', '2025-04-05']::timestamptz[]) m`);
    },
    settled,
    expectTenants,
  };
}

/** What tenants may do through the table. COPY into a table with row security is what PostgreSQL has not. */
export function throughTable(rows: number): Attempts {
  return {
    select: rows,
    insert: 1,
    steal: "42501",
    update: rows,
    delete: rows,
    copyOut: rows,
    // With row security it is COPY of SELECT … FROM ONLY, and the table itself holds no row.
    copyTable: 0,
    copyIn: "0A000",
  };
}
