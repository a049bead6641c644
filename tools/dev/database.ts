// Objects that the dev stack's tables refer to and another team would own: created here, so that the stack finds them.
import { withClient } from "./client";
import type { Connection } from "./connection";

/** Table that workflow_events' foreign key points at (docs/seeds.md). */
const referencedTables = `
  create table if not exists public.workflow_runs (
    id uuid primary key default gen_random_uuid(),
    workflow text not null default 'dev',
    started_at timestamptz not null default now()
  )`;

/** Role of the chat messages' application: policies and grants name it. */
const applicationRole = `
  do $$ begin
    if not exists (select from pg_roles where rolname = 'arxos_app') then
      create role arxos_app nologin;
    end if;
  end $$`;

/** Creates the database if it is missing; `admin` is a connection to another database of the same server. */
export async function createDatabase(admin: Connection, name: string): Promise<Connection> {
  await withClient(admin, "dev", async (client) => {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  });
  return { ...admin, database: name };
}

export async function createPrerequisites(connection: Connection): Promise<void> {
  await withClient(connection, "dev", async (client) => {
    await client.query(referencedTables);
    await client.query(applicationRole);
  });
}
