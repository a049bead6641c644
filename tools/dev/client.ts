// SQL in a dev database: its prerequisites, the demo's queries, the rows of an example.
import { Client } from "pg";
import type { Connection } from "./connection";

/** Connects for one body, and always closes. `what` is in the name that the server shows: `pgpartition <what>`. */
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
