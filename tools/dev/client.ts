// SQL of our own in a dev database: what it needs first, what a demo shows, what an example is filled with.
import { Client } from "pg";
import type { Connection } from "./connection";

/** Connects for one body, and always says goodbye. `what` is the name that the server shows: `pgpartition <what>`. */
export async function withClient<T>(
  connection: Connection,
  what: string,
  body: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ ...connection, application_name: `pgpartition ${what}` });
  await client.connect();
  try {
    return await body(client);
  } finally {
    await client.end();
  }
}
