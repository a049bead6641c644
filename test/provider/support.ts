// What the tests of the resources ask the plugin and the database beside what the harness does.
import {
  DiffRequest,
  InvokeRequest,
  ListRequest,
  type ListResponse,
  PropertyDiff,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { expect } from "vitest";
import { decode, encode } from "../../provider/runtime/property-codec";
import type { PropertyMap } from "../../provider/runtime/values";
import type { TestDatabase } from "../support/database";
import type { Deployment, Entry } from "../support/harness/deployment";
import { type Program, resourcesOf } from "../support/harness/declare";
import { left } from "../support/harness/fixture";
import type { Known, Plugin } from "../support/harness/plugin";
import { withPlugin } from "../support/harness/rounds";
import type { LoggedStatement } from "../support/statement-log";
import { ask } from "./wire-support";

/** Names of the attached partitions of app.<table>, by their bounds. */
export async function partitions(database: TestDatabase, table = "events"): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass order by pg_get_expr(c.relpartbound, c.oid)`,
    [`app.${table}`],
  );
  return rows.map(({ name }) => name);
}

/** Identity and storage of a relation: neither changes when it is kept as it is. */
export async function identityOf(database: TestDatabase, relation: string): Promise<string> {
  const [row] = await database.query<{ id: string }>(
    "select oid || '/' || relfilenode as id from pg_class where oid = $1::regclass",
    [relation],
  );
  return row?.id ?? "none";
}

/** Each index of app.<table> and its partitions: `app.events_by_note valid -> parent index`. */
export async function indexLines(database: TestDatabase, pattern: string): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    `select concat(c.relname, case when x.indisvalid then ' valid' else ' INVALID' end, ' < ' || p.relname) as line
     from pg_index x join pg_class c on c.oid = x.indexrelid join pg_namespace n on n.oid = c.relnamespace
     left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
     where n.nspname = 'app' and c.relname ~ $1 order by 1`,
    [pattern],
  );
  return rows.map(({ line }) => line);
}

/** What our sessions sent that changes relations of schema app. */
export function ddlOf(statements: readonly LoggedStatement[]): string[] {
  return statements
    .filter(({ application }) => application.startsWith("pulumi-pgpartition"))
    .map(({ sql }) => sql.replace(/^(--[^\n]*\n)*/, "").trim())
    .filter(
      (sql) => /^(create|alter|drop|reindex|truncate|insert|update|delete|lock)\b/i.test(sql) && sql.includes('"app"'),
    );
}

/** What our sessions sent that changes who may do what in schema app, and ATTACH; on one line each, as preview prints it. */
export function accessOf(statements: readonly LoggedStatement[]): string[] {
  return statements
    .filter(({ application }) => application.startsWith("pulumi-pgpartition"))
    .map(({ sql }) =>
      sql
        .replace(/^(--[^\n]*\n)*/, "")
        .trim()
        .replace(/\n\s*/g, " "),
    )
    .filter((sql) => /^(grant|revoke|create policy|drop policy|alter table)\b/i.test(sql) && sql.includes('"app"'));
}

/** The same without what is rolled back: a temporary table, on which the server prints an expression. */
export function changesOf(statements: readonly LoggedStatement[]): string[] {
  return ddlOf(statements).filter((sql) => !/^create temporary table|pg_temp/i.test(sql));
}

/** After an update: a second one and one after a refresh have nothing to do, and nothing is half done. */
export async function nothingLeft(database: TestDatabase, deployment: Deployment, program: Program): Promise<void> {
  const { result } = await withPlugin(database, program, async (plugin) => {
    const second = await deployment.preview(plugin, program);
    const refreshed = await deployment.refresh(plugin);
    return { second, refreshed, third: await deployment.preview(plugin, program) };
  });
  expect(result).toEqual({ second: [], refreshed: [], third: [] });
  expect((await left(database)).orphans).toEqual([]);
}

/** The ledger of app.events: `detached events_p2025_02`. */
export async function ledger(database: TestDatabase): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    "select event || ' ' || partition_name as line from pgpartition.ledger where schema_name = 'app' order by id",
  );
  return rows.map(({ line }) => line);
}

/** The entry of the state for a resource by its name: `events-window`. */
export function entryOf(deployment: Deployment, name: string): Entry {
  const found = [...deployment.state.values()].find((entry) => entry.urn.endsWith(`::${name}`));
  if (!found) throw new Error(`no ${name} in the state: ${[...deployment.state.keys()].join(", ")}`);
  return found;
}

/** The Partition resource of app.events that begins on that day. */
export function partitionOf(deployment: Deployment, day: string): Entry {
  const found = [...deployment.state.values()].find((entry) => entry.urn.includes(`::events-${day}T`));
  if (!found) throw new Error(`no partition from ${day} in the state`);
  return found;
}

/** What a program declares for one resource. */
export function inputsOf(program: Program, name: string): PropertyMap {
  const found = resourcesOf(program).find((declared) => declared.name === name);
  if (!found) throw new Error(`the program declares no ${name}`);
  return found.inputs;
}

/** detailedDiff: the kind of change by property path. */
export async function detailedDiff(plugin: Plugin, known: Known, news: PropertyMap): Promise<Record<string, string>> {
  const request = new DiffRequest();
  request.setUrn(known.urn);
  request.setId(known.id);
  request.setOldInputs(encode(known.inputs));
  request.setOlds(encode(known.outputs));
  request.setNews(encode(news));
  const response = await ask(clientOf(plugin), "diff", request);
  const kinds = Object.entries(PropertyDiff.Kind);
  const found: Record<string, string> = {};
  response.getDetaileddiffMap().forEach((value: PropertyDiff, path: string) => {
    found[path] = kinds.find(([, kind]) => kind === value.getKind())?.[0] ?? "?";
  });
  return found;
}

/** Ids that could be imported. */
export function list(plugin: Plugin, type: string): Promise<string[]> {
  const request = new ListRequest();
  request.setToken(`pgpartition:index:${type}`);
  request.setQuery(encode({}));
  return new Promise((resolve, reject) => {
    const ids: string[] = [];
    clientOf(plugin)
      .list(request)
      .on("data", (response: ListResponse) => ids.push(response.getResult()?.getId() ?? "(no result)"))
      .on("error", reject)
      .on("end", () => resolve(ids));
  });
}

export async function invoke(plugin: Plugin, token: string, args: PropertyMap) {
  const request = new InvokeRequest();
  request.setTok(token);
  request.setArgs(encode(args));
  const response = await ask(clientOf(plugin), "invoke", request);
  const failures = response.getFailuresList().map((one) => `${one.getProperty()}: ${one.getReason()}`);
  return { result: decode(response.getReturn()).value, failures };
}

/** What Ctrl-C in the CLI asks for. */
export async function cancel(plugin: Plugin): Promise<void> {
  await ask(clientOf(plugin), "cancel", new Empty());
}

/** The harness keeps its client to itself; brackets are TypeScript's way in. */
function clientOf(plugin: Plugin): Plugin["client"] {
  return plugin["client"];
}
