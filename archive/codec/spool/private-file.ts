import { open } from "node:fs/promises";
import { PRIVATE_FILE_MODE } from "../../../core/defaults";

/** Makes an empty file for another writer, who would make one with the mode of the process: DuckDB cannot be told any. */
export async function makePrivate(path: string): Promise<void> {
  await (await open(path, "w", PRIVATE_FILE_MODE)).close();
}
