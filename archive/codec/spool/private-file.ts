import { open } from "node:fs/promises";
import { PRIVATE_FILE_MODE } from "../../../core/defaults";

/** Creates an empty private file for DuckDB, which would create one with the mode of the process and has no setting for it. */
export async function makePrivate(path: string): Promise<void> {
  await (await open(path, "w", PRIVATE_FILE_MODE)).close();
}
