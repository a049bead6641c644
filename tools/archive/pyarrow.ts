// pyarrow, which reads Parquet files as for users of Spark and pandas: from PyPI, into a cached folder.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { findExecutable } from "../stand-ins/engine/executables";
import { run } from "../monitoring/programs";
import { repositoryRoot } from "../paths";

const WANTED = "pyarrow==26.0.1";

/** Command that reads a file or a folder of files: `<program> <args…> <path>`. */
type ParquetReader = { readonly program: string; readonly args: readonly string[] } | { readonly reason: string };

export async function pyarrowReader(env: NodeJS.ProcessEnv = process.env): Promise<ParquetReader> {
  const python = findExecutable("python3", env["PATH"]);
  if (python === undefined) return { reason: "python3 is not on PATH, so pyarrow does not read the file" };
  const folder = join(repositoryRoot, ".pgpartition", "archive", WANTED);
  await mkdir(folder, { recursive: true });
  if (!existsSync(join(folder, "pyarrow", "parquet"))) {
    // Without a wheel for this Python pip would build for an hour: then it is skipped.
    const only = ["--only-binary", ":all:", "--no-deps", "--disable-pip-version-check", "--quiet"];
    const failure = await run(python, ["-m", "pip", "install", ...only, "--target", folder, WANTED], {
      cwd: folder,
      env,
    });
    if (failure !== undefined) return { reason: `${WANTED} cannot be had from PyPI: ${failure}` };
  }
  return { program: python, args: [join(repositoryRoot, "tools", "archive", "python", "read_parquet.py"), folder] };
}
