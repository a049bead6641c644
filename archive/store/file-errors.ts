import { ObjectConflict, StoreError, type StoreErrorKind } from "./store-errors";

export function getErrorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** For `catch`: treats a missing file, or a file in the place of a folder, as absent. */
export function ignoreAbsent(error: unknown): undefined {
  const code = getErrorCode(error);
  if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
}

/** Explains a failure of the file system in a sentence. */
export function explainFileError(error: unknown, doing: string, object: string): Error {
  if (error instanceof StoreError || error instanceof ObjectConflict) return error;
  const code = getErrorCode(error);
  if (error instanceof Error && (error.name === "AbortError" || code === "ABORT_ERR"))
    return new StoreError("aborted", object, doing, "it was cancelled");
  const message = error instanceof Error ? error.message : String(error);
  const wayOn = WAYS_ON[code ?? ""];
  return new StoreError(KINDS[code ?? ""] ?? "other", object, doing, message, wayOn);
}

const KINDS: Readonly<Record<string, StoreErrorKind>> = {
  EACCES: "denied",
  EBUSY: "busy",
  EDQUOT: "full",
  EFBIG: "full",
  EHOSTDOWN: "unreachable",
  EIO: "integrity",
  ELOOP: "key",
  EMFILE: "busy",
  ENAMETOOLONG: "key",
  ENOENT: "missing",
  ENOSPC: "full",
  ENOTDIR: "key",
  ENOTSUP: "unsupported",
  EOPNOTSUPP: "unsupported",
  EPERM: "denied",
  EROFS: "denied",
  ESTALE: "unreachable",
  ETIMEDOUT: "unreachable",
};

/** Next steps where that of a bucket would not help. */
const WAYS_ON: Readonly<Record<string, string | undefined>> = {
  EACCES: "Let the user of this process write there.",
  // Returned by link() on file systems without hard links.
  EPERM: "Let the user of this process write there, and use a file system with hard links.",
  EROFS: "It is mounted read-only: mount it for writing.",
  EHOSTDOWN: "The machine that has this directory does not answer: mount it again, or wait for it.",
  ELOOP: "Its links lead in a circle: name the directory itself.",
  ENAMETOOLONG: "The file system allows no name or path of that length: archive into a directory with a shorter path.",
  ENOTDIR: "A file is where a folder must be: move it, or archive into another directory.",
  ESTALE: "The mounted directory has gone: mount it again.",
  ETIMEDOUT: "The machine that has this directory does not answer: mount it again, or wait for it.",
  ENOTSUP: "Use a file system with hard links.",
  EOPNOTSUPP: "Use a file system with hard links.",
  EIO: "Check the disk: it does not return what was written.",
};
