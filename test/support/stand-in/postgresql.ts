// Stands in for @pulumi/postgresql: runs the statements that it would, on the database that its configuration names.
import { Client } from "pg";
import { quote, quoteLiteral, quoteQualified } from "../../../core/names/identifier";
import type { PropertyMap } from "../../../provider/runtime/values";
import type { StandInType } from "./module";
import { serveStandIn } from "./serve";

let config: PropertyMap = {};

async function sql(...statements: string[]): Promise<void> {
  const client = new Client({
    host: String(config["host"]),
    port: Number(config["port"]),
    user: String(config["username"]),
    password: String(config["password"]),
    database: String(config["database"]),
    application_name: "stand-in",
  });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

const named = (inputs: PropertyMap): string => quote(String(inputs["name"]));
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** A thing with a name of its own, made by one statement. */
function thing(token: string, make: (inputs: PropertyMap) => string, kind: string): StandInType {
  return {
    token,
    put: async (inputs) => {
      const owner = inputs["owner"];
      const given = typeof owner === "string" ? [`alter ${kind} ${named(inputs)} owner to ${quote(owner)}`] : [];
      await sql(make(inputs), ...given);
      return { id: String(inputs["name"]) };
    },
    remove: (_id, inputs) => sql(`drop ${kind} if exists ${named(inputs)}`),
  };
}

const publication = (inputs: PropertyMap): string => {
  const publish = texts(inputs["publishParams"]);
  const parameters = [
    `publish_via_partition_root = ${String(inputs["publishViaPartitionRootParam"] === true)}`,
    ...(publish.length > 0 ? [`publish = ${quoteLiteral(publish.join(", "))}`] : []),
  ];
  return `create publication ${named(inputs)} with (${parameters.join(", ")})`;
};

const role = (inputs: PropertyMap): string => {
  const login = inputs["login"] === true ? "login" : "nologin";
  const password = typeof inputs["password"] === "string" ? ` password ${quoteLiteral(inputs["password"])}` : "";
  return `create role ${named(inputs)} ${login}${password}`;
};

const membership: StandInType = {
  token: "postgresql:index/grantRole:GrantRole",
  put: async ({ role: member, grantRole }) => {
    await sql(`grant ${quote(String(grantRole))} to ${quote(String(member))}`);
    return { id: `${String(member)}_${String(grantRole)}` };
  },
  remove: (_id, { role: member, grantRole }) => sql(`revoke ${quote(String(grantRole))} from ${quote(String(member))}`),
};

const grant: StandInType = {
  token: "postgresql:index/grant:Grant",
  put: async (inputs) => {
    const to = quote(String(inputs["role"]));
    await sql(`grant ${texts(inputs["privileges"]).join(", ")} on ${target(inputs)} to ${to}`);
    return { id: [inputs["role"], inputs["objectType"], inputs["schema"]].map(String).join("_") };
  },
  remove: (_id, inputs) => sql(`revoke all on ${target(inputs)} from ${quote(String(inputs["role"]))}`),
};

function target({ objectType, schema, objects }: PropertyMap): string {
  if (objectType === "schema") return `schema ${quote(String(schema))}`;
  return `table ${texts(objects)
    .map((name) => quoteQualified(String(schema), name))
    .join(", ")}`;
}

void serveStandIn({
  name: "postgresql",
  version: "3.0.0",
  configure: (given) => {
    config = given;
  },
  types: [
    thing("postgresql:index/schema:Schema", (inputs) => `create schema if not exists ${named(inputs)}`, "schema"),
    thing(
      "postgresql:index/extension:Extension",
      (inputs) => `create extension if not exists ${named(inputs)}`,
      "extension",
    ),
    thing("postgresql:index/publication:Publication", publication, "publication"),
    thing("postgresql:index/role:Role", role, "role"),
    membership,
    grant,
  ],
});
